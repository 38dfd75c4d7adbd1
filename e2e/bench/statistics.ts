/** What many measurements of one thing say together. Quartiles, because the slow tail of a busy machine is not the program's. */
export interface Summary {
  count: number
  median: number
  /** Distance between the quartiles; half of all measurements lie within it. */
  spread: number
  least: number
  most: number
}

export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('nothing was measured')
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => quantile(sorted, share)
  return { count: sorted.length, median: at(0.5), spread: at(0.75) - at(0.25), least: at(0), most: at(1) }
}

/** Of sorted values, with the points between two of them on the line that joins them. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!]
  return low + (high - low) * (place - below)
}

/**
 * Median of the ratios of what was measured side by side: what slowed both at the same moment does not count. Where one side
 * has fewer, the pairs that exist.
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  const ratios: number[] = []
  for (const [index, value] of ours.entries()) {
    const other = theirs[index]
    if (other !== undefined && other !== 0) ratios.push(value / other)
  }
  return summarize(ratios).median
}

/**
 * The k of cost ∝ size^k that fits best (least squares of the logarithms): 0 does not grow, 1 is linear, 2 is the square.
 * n log n shows as a little over 1.
 */
export function growthExponent(points: readonly { size: number; cost: number }[]): number {
  const logs = points.map(({ size, cost }) => ({ x: Math.log(size), y: Math.log(cost) }))
  if (new Set(logs.map(({ x }) => x)).size < 2) throw new Error('growth needs two sizes')
  const mean = (pick: (log: { x: number; y: number }) => number) => logs.reduce((sum, log) => sum + pick(log), 0) / logs.length
  const [mx, my] = [mean((log) => log.x), mean((log) => log.y)]
  return mean((log) => (log.x - mx) * (log.y - my)) / mean((log) => (log.x - mx) ** 2)
}
