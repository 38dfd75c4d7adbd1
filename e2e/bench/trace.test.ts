import { expect, test } from 'vitest'
import { scriptingPerFrame, type TraceEvent } from './trace.ts'

const event = (name: string, ts: number, dur?: number, tid = 1): TraceEvent => ({ name, ph: dur === undefined ? 'I' : 'X', pid: 9, tid, ts, dur })
const frames = [event('BeginMainThreadFrame', 0), event('BeginMainThreadFrame', 16_000)]

test('script called from script counts once', () => {
  expect(scriptingPerFrame([...frames, event('FireAnimationFrame', 1000, 4000), event('FunctionCall', 2000, 2000)])).toBe(2)
})

test('what other threads do, and what is no script, does not count', () => {
  expect(scriptingPerFrame([...frames, event('FunctionCall', 0, 2000), event('FunctionCall', 0, 9000, 2), event('Layout', 5000, 9000)])).toBe(1)
})

test('a page that made no frame has no figure', () => {
  expect(() => scriptingPerFrame([event('FunctionCall', 0, 1)])).toThrow('no frames')
})
