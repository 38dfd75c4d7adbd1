/** The pure half of DataTable: which columns fit, in which order rows stay, and what a key press selects. */

export interface TableColumn<Row> {
  id: string
  label: string
  /** A CSS grid track: `minmax(160px, 2fr)`, `96px`. */
  track: string
  /** Shown only when the table is at least this wide, in pixels. */
  from?: number
  align?: 'end'
  /** Changes oftener than the rest of its row: its cells are drawn again by themselves. */
  apart?: true
  /** Orders two rows, first wins; a column without it cannot be sorted by. */
  compare?: (a: Row, b: Row) => number
}

export interface TableSort {
  column: string
  descending: boolean
}

export function columnsThatFit<Row>(columns: readonly TableColumn<Row>[], width: number): TableColumn<Row>[] {
  return columns.filter(({ from }) => from === undefined || width >= from)
}

export function sortRows<Row>(rows: readonly Row[], columns: readonly TableColumn<Row>[], sort: TableSort | undefined): readonly Row[] {
  const compare = sort && columns.find(({ id }) => id === sort.column)?.compare
  if (!compare) return rows
  return rows.toSorted((a, b) => (sort.descending ? compare(b, a) : compare(a, b)))
}

/** The order while the table is in use: what was there keeps its place, what is new comes last, what is gone leaves. */
export function heldOrder<Row>(rows: readonly Row[], key: (row: Row) => string, previous: readonly string[]): Row[] {
  const left = new Map(rows.map((row) => [key(row), row]))
  const kept = previous.flatMap((id) => {
    const row = left.get(id)
    return row !== undefined && left.delete(id) ? [row] : []
  })
  return [...kept, ...left.values()]
}

/** The keys from one row to another, both included. */
export function keysBetween(keys: readonly string[], from: string, to: string): string[] {
  const [a, b] = [keys.indexOf(from), keys.indexOf(to)]
  return a < 0 || b < 0 ? [to] : keys.slice(Math.min(a, b), Math.max(a, b) + 1)
}

/** Where the cursor goes for a key, or undefined for a key that does not move it. */
export function movedCursor(key: string, at: number, count: number, page: number): number | undefined {
  const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at < 0 ? count - 1 : at - 1, Home: 0, End: count - 1, PageDown: at + page, PageUp: at - page }
  const to = moves[key]
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to))
}
