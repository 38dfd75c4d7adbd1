import { groupLines } from './group-lines.ts'
import { expect, test } from 'vitest'
import { columnsThatFit, heldOrder, keysBetween, movedCursor, sortRows } from './table.ts'

const columns = [
  { id: 'name', label: '', track: '1fr', compare: (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name) },
  { id: 'age', label: '', track: '1fr', from: 400 },
]
const rows = ['b', 'a', 'c'].map((name) => ({ name }))
const names = (some: readonly { name: string }[]) => some.map(({ name }) => name).join('')

test('columns go when there is no room', () => {
  expect(columnsThatFit(columns, 399).map(({ id }) => id)).toEqual(['name'])
  expect(columnsThatFit(columns, 400)).toHaveLength(2)
})

test('sorting both ways, and not at all by a column that cannot', () => {
  expect(names(sortRows(rows, columns, { column: 'name', descending: false }))).toBe('abc')
  expect(names(sortRows(rows, columns, { column: 'name', descending: true }))).toBe('cba')
  expect(sortRows(rows, columns, { column: 'age', descending: false })).toBe(rows)
})

test('while held, rows keep their places, new ones come last and gone ones leave', () => {
  expect(names(heldOrder([{ name: 'x' }, { name: 'a' }, { name: 'c' }, { name: 'y' }], ({ name }) => name, ['c', 'b', 'a']))).toBe('caxy')
})

test('a range is the same from either end', () => {
  expect(keysBetween(['a', 'b', 'c', 'd'], 'c', 'a')).toEqual(['a', 'b', 'c'])
  expect(keysBetween(['a', 'b'], 'gone', 'b')).toEqual(['b'])
})

test('keys move the cursor and stop at the ends', () => {
  expect(['ArrowDown', 'ArrowUp', 'Home', 'End', 'PageDown', 'PageUp'].map((key) => movedCursor(key, 4, 6, 3))).toEqual([5, 3, 0, 5, 5, 1])
  expect([movedCursor('ArrowDown', -1, 6, 3), movedCursor('ArrowUp', -1, 6, 3), movedCursor('x', 0, 6, 3)]).toEqual([0, 5, undefined])
})

test('groups by name with their rows, then the rest; what is folded shows its head alone', () => {
  const rows = [{ id: 'a', group: 'shop' }, { id: 'b' }, { id: 'c', group: 'blog' }, { id: 'd', group: 'shop' }]
  const lines = (folded: string[]) => groupLines(rows, ({ id }) => id, ({ group }) => group, new Set(folded)).map(({ key }) => key)
  expect(lines([])).toEqual(['group blog', 'c', 'group shop', 'a', 'd', 'b'])
  expect(lines(['shop'])).toEqual(['group blog', 'c', 'group shop', 'b'])
  expect(groupLines(rows, ({ id }) => id, undefined, new Set()).map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd'])
})
