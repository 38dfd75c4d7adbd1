import { expect, test } from 'vitest'
import { createRowSlots } from './row-slots.ts'

const plain = (...lines: number[]) => lines.map((line) => ({ key: `${line}.0`, make: 'plain' }))
const coloured = (line: number) => ({ key: `${line}.0`, make: 'plain|red' })

test('a row in sight keeps its element, one that comes takes that of one that left, and no more are made than are in sight', () => {
  const slotsOf = createRowSlots()
  expect(slotsOf(plain(1, 2, 3), true)).toEqual([0, 1, 2])
  expect(slotsOf(plain(2, 3, 4), true)).toEqual([1, 2, 0])
  expect(slotsOf(plain(7, 8, 9), true)).toEqual([1, 2, 0])
})

test('an element is filled with a row of its own make only, that which it has now', () => {
  const slotsOf = createRowSlots()
  slotsOf(plain(1, 2), true)
  expect(slotsOf([...plain(2), coloured(3)], true)).toEqual([1, 2])
  expect(slotsOf([coloured(2), coloured(3)], true)).toEqual([1, 2])
  expect(slotsOf([coloured(3), coloured(4), ...plain(5)], true)).toEqual([2, 1, 3])
})

test('where none may be filled, what has left is forgotten', () => {
  const slotsOf = createRowSlots()
  slotsOf(plain(1, 2), true)
  expect(slotsOf(plain(2, 3), false)).toEqual([1, 2])
  expect(slotsOf(plain(3, 4), true)).toEqual([2, 1])
})
