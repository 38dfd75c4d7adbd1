/** How many columns of a monospaced grid a text takes, and where it breaks when the grid is `columns` wide. */

const PLAIN = /^[\x20-\x7e]*$/
// East Asian wide and emoji blocks take two columns; marks that combine take none (Unicode TR11, UAX #44 Mn).
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const COMBINING = /^\p{Mn}$/u

const widthOf = (character: string) => (WIDE.test(character) ? 2 : COMBINING.test(character) ? 0 : 1)

export function cellsOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  let cells = 0
  for (const character of text) cells += widthOf(character)
  return cells
}

/** Offsets where each visual row begins; the first is 0. */
export function rowStarts(text: string, columns: number): number[] {
  if (PLAIN.test(text)) return Array.from({ length: Math.max(1, Math.ceil(text.length / columns)) }, (_, row) => row * columns)
  const starts = [0]
  let offset = 0
  let cells = 0
  for (const character of text) {
    const width = widthOf(character)
    if (cells + width > columns) {
      starts.push(offset)
      cells = 0
    }
    cells += width
    offset += character.length
  }
  return starts
}

/** How many visual rows, without making the list where it can be counted. */
export const rowCount = (text: string, columns: number): number => (PLAIN.test(text) ? Math.max(1, Math.ceil(text.length / columns)) : rowStarts(text, columns).length)
