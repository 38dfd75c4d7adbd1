const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 }

/** `1m30s`, as Go writes durations. */
export function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return [...text.matchAll(/([\d.]+)(h|ms|us|ns|m|s)/g)].reduce((sum, [, amount, unit = 's']) => sum + Number(amount) * (units[unit] ?? 0), 0)
}
