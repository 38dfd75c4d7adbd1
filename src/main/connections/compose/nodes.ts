import { isMap, isPair, isScalar, isSeq, type Node } from 'yaml'
import type { ComposeProblemCode } from '#shared/compose-problems.ts'
import type { ComposeProblem } from '#shared/contract/compose.ts'

/** Says what is wrong at a node of the text. */
export type Report = (node: unknown, code: ComposeProblemCode, words?: Record<string, string>, severity?: ComposeProblem['severity']) => void

export const pairsOf = (node: unknown): { key: unknown; value: unknown }[] => (isMap(node) ? node.items.filter(isPair) : [])
/** The merge key has a symbol for a value. A key that is itself a table has no name: written out, nested ones would grow without bound. */
export const nameOf = (node: unknown): string => (!isScalar(node) ? '' : typeof node.value === 'symbol' ? '<<' : String(node.value))
/** Names of a table, or of a list of names. */
export const keysOf = (node: unknown): string[] => (isSeq(node) ? node.items.map(nameOf) : pairsOf(node).map(({ key }) => nameOf(key)))
export const itemsOf = (node: unknown): unknown[] => (isSeq(node) ? node.items : [])
export const partsOf = (node: unknown): Map<string, { key: unknown; value: unknown }> => new Map(pairsOf(node).map((pair) => [nameOf(pair.key), pair]))
/** Undefined for what refers to itself so often that it could not be held. */
export function plainValue(node: unknown): unknown {
  try {
    return (node as { toJSON?: () => unknown } | undefined)?.toJSON?.()
  } catch {
    return undefined
  }
}
export const offsetOf = (node: unknown): number => (node as Node | undefined)?.range?.[0] ?? 0
/** Compose fills it in from the environment: what it will be is not known here. */
export const isOpen = (node: unknown): boolean => nameOf(node).includes('${') || /\$[A-Za-z_]/.test(nameOf(node))

/** The name that was probably meant: at most two letters off. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  const [best] = [...known].map((name) => ({ name, off: distance(word, name) })).filter(({ off }) => off <= Math.min(2, Math.floor(word.length / 3))).toSorted((a, b) => a.off - b.off)
  return best?.name
}
/** Letters to put in, take out, change or swap with their neighbour. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? 9
  for (let i = 1; i <= a.length; i++) {
    rows.push([i])
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : 9
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1), swap))
    }
  }
  return at(a.length, b.length)
}
