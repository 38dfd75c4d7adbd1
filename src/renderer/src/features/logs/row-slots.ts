/** A row that is shown, and its make: rows of one make are told apart by their texts alone. */
interface MadeRow {
  key: string
  make: string
}

/**
 * Which element shows which row: one in sight keeps its own; one that comes takes that of a row of its make that has left, since making elements and
 * taking them away is most of what scrolling costs.
 * @returns for each row the number of its element. `mayFill` false: none of those that rows have left is filled with another.
 */
export function createRowSlots(): (rows: readonly MadeRow[], mayFill: boolean) => number[] {
  let taken = new Map<string, { slot: number; make: string }>()
  let made = 0
  return (rows, mayFill) => {
    const keys = new Set(rows.map(({ key }) => key))
    const left = mayFill ? [...taken].filter(([key]) => !keys.has(key)).map(([, element]) => element) : []
    // Taken from the end: the first that left goes to the first that comes, and few change places.
    const free = Map.groupBy(left.reverse(), ({ make }) => make)
    taken = new Map(rows.map(({ key, make }) => [key, { slot: taken.get(key)?.slot ?? free.get(make)?.pop()?.slot ?? made++, make }]))
    return [...taken.values()].map(({ slot }) => slot)
  }
}
