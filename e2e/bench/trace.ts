/** Of Chromium's trace format; times in microseconds. */
export interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  ts: number
  dur?: number
  args?: { name?: string }
}

const SCRIPTING = new Set(['EvaluateScript', 'FunctionCall', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'MajorGC', 'MinorGC', 'V8.GCScavenger'])
/** Said once for each frame that the main thread made. */
const FRAME = 'BeginMainThreadFrame'

/** Milliseconds the page's script ran on its main thread for each frame it made. Script called from script counts once. */
export function scriptingPerFrame(events: readonly TraceEvent[]): number {
  const frames = events.filter((event) => event.name === FRAME)
  if (frames.length === 0) throw new Error('the page made no frames while it was watched')
  const busiest = mostFrequent(frames.map(({ pid, tid }) => `${pid}/${tid}`))
  const onMain = ({ pid, tid }: TraceEvent) => `${pid}/${tid}` === busiest
  const spans = events.filter((event) => event.ph === 'X' && SCRIPTING.has(event.name) && onMain(event)).map(({ ts, dur = 0 }) => ({ from: ts, to: ts + dur }))
  return covered(spans) / 1000 / frames.filter(onMain).length
}

/** Length of the union. */
function covered(spans: { from: number; to: number }[]): number {
  let [total, end] = [0, -Infinity]
  for (const { from, to } of spans.sort((a, b) => a.from - b.from)) {
    if (to > end) total += to - Math.max(from, end)
    end = Math.max(end, to)
  }
  return total
}

function mostFrequent(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0]
}
