export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  text: string
}

/** Lines that differ, by the longest common subsequence; only changes and `around` lines beside them, with gaps between. */
export function lineDiff(before: string, after: string, around = 2): DiffLine[][] {
  const whole = compare(before.split('\n'), after.split('\n'))
  const near = whole.map((_, index) => whole.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== 'same'))
  const parts: DiffLine[][] = []
  for (const [index, line] of whole.entries()) {
    if (!near[index]) continue
    if (index === 0 || !near[index - 1]) parts.push([])
    parts.at(-1)?.push(line)
  }
  return parts
}

function compare(before: string[], after: string[]): DiffLine[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1))
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const cells = lengths[row] as Uint16Array
      cells[column] = before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const lines: DiffLine[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push({ kind: 'same', text: before[row++] ?? '' })
      column++
    } else if (row < before.length && (column >= after.length || at(row + 1, column) >= at(row, column + 1))) lines.push({ kind: 'removed', text: before[row++] ?? '' })
    else lines.push({ kind: 'added', text: after[column++] ?? '' })
  }
  return lines
}
