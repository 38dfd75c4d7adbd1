import { expect, test } from 'vitest'
import { scriptingPerFrame, type TraceEvent } from './trace.ts'

const event = (name: string, ts: number, dur?: number, tid = 1): TraceEvent => ({ name, ph: dur === undefined ? 'I' : 'X', pid: 9, tid, ts, dur })
const frames = [event('BeginMainThreadFrame', 0), event('BeginMainThreadFrame', 16_000)]

test('script called from script counts once', () => {
  expect(scriptingPerFrame([...frames, event('FireAnimationFrame', 1000, 4000), event('FunctionCall', 2000, 2000)])).toEqual({ mean: 4, p95: 4, frames: 1 })
})

test('what other threads do, and what is no script, does not count', () => {
  expect(scriptingPerFrame([...frames, event('FunctionCall', 0, 2000), event('FunctionCall', 0, 9000, 2), event('Layout', 5000, 9000)]).mean).toBe(2)
})

test('a frame has what ran until the next; what reaches over is shared out', () => {
  expect(scriptingPerFrame([...frames, event('FunctionCall', 14_000, 5000), event('TimerFire', 20_000, 1000)])).toEqual({ mean: 3, p95: 4, frames: 2 })
})

test('the time of the thread counts, not that of the clock, and either name of a frame', () => {
  const own = (name: string, ts: number, dur: number, tts: number, tdur: number) => ({ ...event(name, ts, dur), tts, tdur })
  expect(scriptingPerFrame([own('Commit', 0, 10, 100, 10), own('FunctionCall', 1000, 50_000, 1000, 3000)])).toEqual({ mean: 3, p95: 3, frames: 1 })
})

test('frames without a script make no mean smaller; a page without any has none', () => {
  const empty = Array.from({ length: 98 }, (_, index) => event('BeginMainThreadFrame', 32_000 + index * 16_000))
  expect(scriptingPerFrame([...frames, ...empty, event('FunctionCall', 1000, 4000), event('FunctionCall', 17_000, 2000)])).toEqual({ mean: 3, p95: 4, frames: 2 })
  expect(scriptingPerFrame(frames)).toEqual({ mean: 0, p95: 0, frames: 0 })
})

test('a page that made no frame has no figure', () => {
  expect(() => scriptingPerFrame([event('FunctionCall', 0, 1)])).toThrow('no frames')
})
