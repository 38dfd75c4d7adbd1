/** About how many characters a message is: what flow control counts in. Small numbers for structure, so that many empty lines weigh too. */
export function costOf(message: unknown): number {
  if (typeof message === 'string') return message.length
  if (ArrayBuffer.isView(message)) return message.byteLength
  if (typeof message !== 'object' || message === null) return 8
  let cost = 16
  for (const value of Array.isArray(message) ? message : Object.values(message)) cost += costOf(value)
  return cost
}
