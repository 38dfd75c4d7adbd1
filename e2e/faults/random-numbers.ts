/** Numbers that a seed repeats (mulberry32, public domain). */
export interface Dice {
  /** 0 ≤ n < 1 */
  next(): number
  pick<Item>(items: readonly Item[]): Item
}

export function createDice(seed: number): Dice {
  let at = seed >>> 0
  const next = () => {
    at = (at + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(at ^ (at >>> 15), at | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, pick: (items) => items[Math.floor(next() * items.length)]! }
}
