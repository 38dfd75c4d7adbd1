/** The pure half of the charts: scales and paths. */

/** The end of an axis: the next of 1, 2, 5 × 10ⁿ (or 2ⁿ for bytes) that holds the greatest value. */
export function niceCeiling(greatest: number, base: 2 | 10 = 10): number {
  if (!(greatest > 0)) return 1
  if (base === 2) return 2 ** Math.ceil(Math.log2(greatest))
  const power = 10 ** Math.floor(Math.log10(greatest))
  return ([1, 2, 5, 10].find((step) => step * power >= greatest) ?? 10) * power
}

export interface Frame {
  width: number
  height: number
  from: number
  to: number
  top: number
}

export const xOf = ({ width, from, to }: Frame, at: number): number => ((at - from) / Math.max(1, to - from)) * width
export const yOf = ({ height, top }: Frame, value: number): number => height - (Math.min(value, top) / top) * height

/** Milliseconds without a sample that are drawn as a gap. */
export const GAP = 3_500

/** A line through the samples, lifted where nothing was measured. NaN is nothing. */
export function linePath(frame: Frame, times: readonly number[], values: readonly number[]): string {
  let path = ''
  let pen = false
  times.forEach((at, index) => {
    const value = values[index] ?? Number.NaN
    if (Number.isNaN(value) || at < frame.from) return void (pen = false)
    const joined = pen && at - (times[index - 1] ?? 0) <= GAP
    path += `${joined ? 'L' : 'M'}${xOf(frame, at).toFixed(1)} ${yOf(frame, value).toFixed(1)}`
    pen = true
  })
  return path
}

/** Change for each second of a counter; the first sample, one behind a gap, and a counter that began anew have none. */
export const rates = (times: readonly number[], counters: readonly number[]): number[] =>
  counters.map((value, index) => {
    const [before, passed] = [counters[index - 1], (times[index] ?? 0) - (times[index - 1] ?? 0)]
    return before === undefined || passed <= 0 || passed > GAP || value < before ? Number.NaN : ((value - before) / passed) * 1000
  })

/** Where the nearest sample is; -1 when there is none. */
export function nearest(times: readonly number[], at: number): number {
  let best = -1
  times.forEach((time, index) => {
    if (best < 0 || Math.abs(time - at) < Math.abs((times[best] ?? 0) - at)) best = index
  })
  return best
}
