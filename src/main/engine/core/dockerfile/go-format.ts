/** Go's `%q` of a string; https://pkg.go.dev/strconv#Quote differs from JSON only for control characters. */
export const goQuote = (text: string): string => JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, (_all, digits: string) => ({ '07': '\\a', '0b': '\\v' })[digits] ?? `\\x${digits}`)

/** Go's `%q` of a number: the character with that code. */
export const goQuotedNumber = (value: number): string => (value === 39 ? `'\\''` : `'${goQuote(String.fromCodePoint(value)).slice(1, -1).replace('\\"', '"')}'`)

/** `1m30s`, as Go prints a duration of so many nanoseconds. */
export function goDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s'
  if (nanoseconds < 1e9) return nanoseconds < 1e3 ? `${nanoseconds}ns` : nanoseconds < 1e6 ? `${nanoseconds / 1e3}µs` : `${nanoseconds / 1e6}ms`
  const [hours, minutes, seconds] = [Math.floor(nanoseconds / 3600e9), Math.floor(nanoseconds / 60e9) % 60, (nanoseconds % 60e9) / 1e9]
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`
}
