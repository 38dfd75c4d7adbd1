import { rowCount } from './cells.ts'
import type { LogEntry } from './log-buffer.ts'

/** Which visual row is which line, when long lines take several rows. Grows at the end; `columns` undefined means one row per line. */
export interface RowIndex {
  readonly total: number
  /** The line and the row within it. */
  locate(row: number): { line: number; within: number }
  /** The first row of a line. */
  rowOf(line: number): number
}

interface GrowingRowIndex extends RowIndex {
  /** `generation`: a number that changes when more changed than lines being added at the end. */
  update(entries: readonly LogEntry[], columns: number | undefined, generation?: number): void
}

export function createRowIndex(): GrowingRowIndex {
  let ends: number[] = []
  let count = 0
  let first: number | undefined
  let known: number | undefined
  let wrap: number | undefined

  /** Index of the first line that ends after `row`. */
  function search(row: number): number {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? 0) > row) high = middle
      else low = middle + 1
    }
    return low
  }

  return {
    get total() {
      return wrap === undefined ? count : (ends.at(-1) ?? 0)
    },
    locate(row) {
      if (wrap === undefined) return { line: row, within: 0 }
      const line = search(row)
      return { line, within: row - (line === 0 ? 0 : (ends[line - 1] ?? 0)) }
    },
    rowOf: (line) => (wrap === undefined ? line : line === 0 ? 0 : (ends[line - 1] ?? 0)),
    update(entries, columns, generation) {
      const same = columns === wrap && generation === known && entries[0]?.sequence === first && ends.length <= entries.length
      if (!same) ends = []
      ;[wrap, first, count, known] = [columns, entries[0]?.sequence, entries.length, generation]
      if (columns === undefined) return
      for (let line = ends.length; line < entries.length; line++) {
        const { plain } = entries[line] as LogEntry
        ends.push((ends[line - 1] ?? 0) + rowCount(plain, columns))
      }
    },
  }
}
