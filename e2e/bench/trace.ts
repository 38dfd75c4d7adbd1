/** Of Chromium's trace format; times in microseconds. `tts` and `tdur` are the thread's own time, without what it waited for a processor. */
export interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  ts: number
  dur?: number
  tts?: number
  tdur?: number
  args?: { name?: string }
}

const SCRIPTING = new Set(['EvaluateScript', 'FunctionCall', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'RunMicrotasks', 'MajorGC', 'MinorGC'])
/** Said once for each frame that the main thread made: by the older, and by the newer of Chromium's traces. */
const FRAMES = ['BeginMainThreadFrame', 'Commit']

/**
 * Milliseconds the page's script ran on its main thread for each frame that had any: on the whole, and in the frame that 95 of 100 do not exceed. Script called
 * from script counts once. Chromium makes now one frame and now two of a change, the second without a script: it would halve the mean.
 */
export function scriptingPerFrame(events: readonly TraceEvent[]): { mean: number; p95: number; frames: number } {
  const frames = FRAMES.map((name) => events.filter((event) => event.name === name)).find(({ length }) => length > 0)
  if (!frames) throw new Error('the page made no frames while it was watched')
  const busiest = mostFrequent(frames.map(({ pid, tid }) => `${pid}/${tid}`))
  const onMain = ({ pid, tid }: TraceEvent) => `${pid}/${tid}` === busiest
  const spans = events.filter((event) => event.ph === 'X' && SCRIPTING.has(event.name) && onMain(event)).map(spanOf)
  const begins = frames.filter(onMain).map((event) => spanOf(event).from).sort((x, y) => x - y)
  // A frame's script is what ran since the one before it: messages taken in, and the drawing they led to.
  const each = begins.map((begin, index) => covered(spans.map(({ from, to }) => ({ from: Math.max(from, begin), to: Math.min(to, begins[index + 1] ?? Infinity) })).filter(({ from, to }) => to > from)) / 1000)
  const worked = each.filter((ms) => ms > 0).sort((x, y) => x - y)
  return { mean: covered(spans) / 1000 / Math.max(1, worked.length), p95: worked[Math.min(worked.length - 1, Math.floor(worked.length * 0.95))] ?? 0, frames: worked.length }
}

/** In the thread's own time where Chromium measured it: a machine with other work is not the page's fault. */
const spanOf = ({ ts, dur = 0, tts, tdur }: TraceEvent) => (tts === undefined || (tdur === undefined && dur > 0) ? { from: ts, to: ts + dur } : { from: tts, to: tts + (tdur ?? 0) })

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
