import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAnsi } from './ansi.ts'
import { cellsOf, rowCount, rowStarts } from './cells.ts'
import { createLogBuffer } from './log-buffer.ts'
import { createMatcher } from './log-search.ts'
import { cssOf, paint } from './paint.ts'
import { createRowIndex } from './row-index.ts'

test('columns of wide, combining and plain characters', () => {
  expect([cellsOf('abc'), cellsOf('日本語'), cellsOf('e\u0301'), cellsOf('🚀!')]).toEqual([3, 6, 1, 3])
})

test('rows never take more columns than there are, and are counted as they are cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '日', 'e\u0301', '🚀') }), fc.integer({ min: 2, max: 40 }), (text, columns) => {
      const starts = rowStarts(text, columns)
      expect(rowCount(text, columns)).toBe(starts.length)
      const rows = starts.map((start, index) => text.slice(start, starts[index + 1]))
      expect(rows.join('')).toBe(text)
      for (const row of rows) expect(cellsOf(row)).toBeLessThanOrEqual(columns)
    }),
  )
})

test('a row is found by its line and a line by its row, wrapped or not', () => {
  const buffer = createLogBuffer()
  buffer.push(['short', 'x'.repeat(25), '', 'y'.repeat(10)].map((text) => ({ at: '', stream: 'stdout', text })))
  const index = createRowIndex()
  index.update(buffer.entries, undefined)
  expect([index.total, index.locate(2), index.rowOf(3)]).toEqual([4, { line: 2, within: 0 }, 3])
  index.update(buffer.entries, 10)
  expect(index.total).toBe(6)
  expect([0, 1, 2, 3, 4, 5].map((row) => index.locate(row))).toEqual([
    { line: 0, within: 0 },
    { line: 1, within: 0 },
    { line: 1, within: 1 },
    { line: 1, within: 2 },
    { line: 2, within: 0 },
    { line: 3, within: 0 },
  ])
  expect([0, 1, 2, 3].map((line) => index.rowOf(line))).toEqual([0, 1, 4, 5])
  buffer.push([{ at: '', stream: 'stdout', text: 'z'.repeat(11) }])
  index.update(buffer.entries, 10)
  expect([index.total, index.locate(7)]).toEqual([8, { line: 4, within: 1 }])
})

test('pieces are cut where colours and matches change, and only within the row', () => {
  const line = '\x1b[32mGET\x1b[0m /cart'
  expect(paint(parseAnsi(line), createMatcher('t /c', false)!.rangesIn('GET /cart'), 0, 9)).toEqual([
    { text: 'GE', css: 'color: var(--ansi-2);', match: false },
    { text: 'T', css: 'color: var(--ansi-2);', match: true },
    { text: ' /c', css: undefined, match: true },
    { text: 'art', css: undefined, match: false },
  ])
  expect(paint(parseAnsi(line), [], 2, 6).map(({ text }) => text)).toEqual(['T', ' /c'])
})

test('styles are made of tokens and numbers', () => {
  expect(cssOf({ foreground: 1, background: 'rgb(1 2 3)', bold: true })).toBe('color: var(--ansi-1); background-color: rgb(1 2 3); font-weight: 700;')
  expect(cssOf({ inverse: true })).toBe('color: var(--surface); background-color: var(--ink);')
  expect(cssOf({})).toBeUndefined()
})
