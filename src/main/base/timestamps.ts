const NANOS = 1_000_000_000n

/** RFC 3339 in UTC with nine digits: 2026-01-02T03:04:05.000000006Z. */
export function formatTimestamp(nano: bigint): string {
  const seconds = nano / NANOS
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${String(nano % NANOS).padStart(9, '0')}Z`
}

/** Nanoseconds since 1970 of RFC 3339 with up to nine digits of fraction; undefined when it is something else. */
export function parseTimestamp(text: string): bigint | undefined {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (!found) return undefined
  const milliseconds = Date.parse(`${found[1]}${found[3]}`)
  if (Number.isNaN(milliseconds)) return undefined
  return BigInt(milliseconds) * 1_000_000n + BigInt((found[2] ?? '').padEnd(9, '0'))
}

/** Nanoseconds of `seconds[.fraction]` since 1970, as Docker's clients send since and until. */
export function parseUnixTime(text: string): bigint | undefined {
  const found = /^(-?\d{1,12})(?:\.(\d{1,9})\d*)?$/.exec(text)
  if (!found) return undefined
  return BigInt(found[1] ?? 0) * NANOS + BigInt((found[2] ?? '').padEnd(9, '0'))
}

const UNITS: Record<string, number> = { ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** Nanoseconds of a duration as Go writes it: `1h30m`, `1.5s`. */
export function parseDuration(text: string): bigint | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) total += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  return BigInt(Math.round(total))
}

/** A point in time as Docker's filters take it: unix seconds, RFC 3339, or a duration before `now`. */
export const parseMoment = (text: string, now: bigint): bigint | undefined => {
  const duration = parseDuration(text)
  return parseUnixTime(text) ?? parseTimestamp(text) ?? (duration === undefined ? undefined : now - duration)
}
