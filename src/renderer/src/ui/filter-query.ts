/**
 * What a filter field says: `key:value` words for the keys it knows, and other words that may stand anywhere. Quotes hold spaces together. The last value
 * is only `begun` until a space or a quote ends it.
 */
export interface FilterQuery<Key extends string> {
  tokens: readonly { key: Key; value: string; begun?: true }[]
  words: readonly string[]
}

const PIECE = /(?:[^\s"]|"[^"]*"?)+/g
const unquoted = (text: string) => text.replaceAll('"', '')

export function parseFilter<Key extends string>(text: string, keys: readonly Key[]): FilterQuery<Key> {
  const tokens: { key: Key; value: string; begun?: true }[] = []
  const words: string[] = []
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    const at = piece.indexOf(':')
    const key = keys.find((each) => each === piece.slice(0, at))
    const value = unquoted(piece.slice(at + 1))
    if (key !== undefined && value !== '') tokens.push({ key, value: value.toLowerCase(), ...(index + piece.length === text.length && !/."$/.test(piece) && { begun: true as const }) })
    else if (key === undefined && unquoted(piece) !== '') words.push(unquoted(piece).toLowerCase())
  }
  return { tokens, words }
}

/** What is begun and is a value already means that one: `project:shop` is not `project:shop-two`. */
export function settle<Key extends string>({ tokens, words }: FilterQuery<Key>, known: (key: Key) => readonly string[]): FilterQuery<Key> {
  const isKnown = (key: Key, value: string) => known(key).some((each) => each.toLowerCase() === value)
  return { tokens: tokens.map(({ key, value, begun }) => (begun && !isKnown(key, value) ? { key, value, begun } : { key, value })), words }
}

export const formatToken = (key: string, value: string): string => `${key}:${/\s/.test(value) ? `"${value}"` : value}`

/** Several values of one key: any of them; several keys, and words: all of them. A begun value leaves all that it may become. */
export function matchesFilter<Key extends string>({ tokens, words }: FilterQuery<Key>, valuesOf: (key: Key) => readonly string[], text: () => readonly string[]): boolean {
  const groups = Map.groupBy(tokens, ({ key }) => key)
  for (const [key, wanted] of groups) {
    const values = valuesOf(key).map((value) => value.toLowerCase())
    if (!wanted.some(({ value, begun }) => (begun ? values.some((each) => each.startsWith(value)) : values.includes(value)))) return false
  }
  return words.every((word) => text().some((each) => each.toLowerCase().includes(word)))
}

/** The piece that the caret is in, and where it begins. */
export function pieceAt(text: string, caret: number): { piece: string; from: number; to: number } {
  for (const match of text.matchAll(PIECE)) if (match.index <= caret && caret <= match.index + match[0].length) return { piece: match[0], from: match.index, to: match.index + match[0].length }
  return { piece: '', from: caret, to: caret }
}
