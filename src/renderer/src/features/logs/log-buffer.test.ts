import { expect, test } from 'vitest'
import type { LogLine } from '#shared/contract/streams.ts'
import { createLogBuffer } from './log-buffer.ts'
import { createLogSearch, rangesIn } from './log-search.ts'

const lines = (from: number, count: number): LogLine[] => Array.from({ length: count }, (_, index) => ({ at: '2026-01-01T00:00:00.000000000Z', stream: 'stdout', text: `line ${from + index}` }))

test('the newest lines stay, old ones go a tenth at a time, and every line keeps its number', () => {
  const buffer = createLogBuffer(100)
  expect(buffer.push(lines(0, 110))).toBe(0)
  expect(buffer.entries).toHaveLength(110)
  expect(buffer.push(lines(110, 1))).toBe(11)
  expect(buffer.entries).toHaveLength(100)
  expect(buffer.entries[0]).toMatchObject({ sequence: 11, plain: 'line 11' })
  expect(buffer.entries.at(-1)).toMatchObject({ sequence: 110, plain: 'line 110' })
})

test('more lines at once than the buffer holds leave the newest', () => {
  const buffer = createLogBuffer(100)
  buffer.push(lines(0, 5000))
  expect(buffer.entries.map(({ plain }) => plain)).toEqual(lines(4900, 100).map(({ text }) => text))
})

test('long lines are bounded by their characters', () => {
  const buffer = createLogBuffer(100, 1000)
  for (let index = 0; index < 10; index++) buffer.push([{ at: '', stream: 'stderr', text: String(index).repeat(400) }])
  expect(buffer.entries.map(({ plain }) => plain[0])).toEqual(['8', '9'])
})

test('a line is kept as it came and as it is seen', () => {
  const buffer = createLogBuffer()
  buffer.push([{ at: 'now', stream: 'stdout', text: '\x1b[31m日本\x1b[0m' }])
  expect(buffer.entries[0]).toMatchObject({ raw: '\x1b[31m日本\x1b[0m', plain: '日本', cells: 4 })
  expect(buffer.longest).toBe(4)
})

test('a search reads each line once, follows what comes and forgets what goes', () => {
  const buffer = createLogBuffer(100)
  const search = createLogSearch()
  buffer.push(lines(0, 50))
  search.update(buffer.entries, 'LINE 4')
  expect(search.matches).toEqual([4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49])
  buffer.push(lines(50, 70))
  search.update(buffer.entries, 'line 4')
  expect(search.matches[0]).toBe(40)
  search.update(buffer.entries, 'line 11')
  expect(search.matches).toEqual([110, 111, 112, 113, 114, 115, 116, 117, 118, 119])
  search.update(buffer.entries, '')
  expect(search.matches).toEqual([])
})

test('next and previous go round', () => {
  const buffer = createLogBuffer()
  const search = createLogSearch()
  buffer.push(lines(0, 30))
  search.update(buffer.entries, '7')
  expect([search.next(undefined, 1), search.next(7, 1), search.next(27, 1), search.next(7, -1), search.next(20, -1)]).toEqual([7, 17, 7, 27, 17])
})

test('ranges are found without regard to case', () => {
  expect(rangesIn('Error: an ERROR', 'error')).toEqual([{ from: 0, to: 5 }, { from: 10, to: 15 }])
})
