import { expect, test } from 'vitest'
import type { LogLine } from '#shared/contract/streams.ts'
import { createLogBuffer } from './log-buffer.ts'
import { createLogFilter } from './log-filter.ts'
import { createLogSearch, createMatcher } from './log-search.ts'

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

test('lines before the first count down, and what leaves at the end may come again under its number', () => {
  const buffer = createLogBuffer(100)
  buffer.push(lines(100, 100))
  expect(buffer.prepend(lines(50, 50))).toBe(50)
  expect(buffer.entries.map(({ plain }) => plain)).toEqual(lines(50, 100).map(({ text }) => text))
  expect([buffer.entries[0]?.sequence, buffer.entries.at(-1)?.sequence]).toEqual([-50, 49])
  buffer.push(lines(150, 1))
  expect(buffer.entries.at(-1)).toMatchObject({ sequence: 50, plain: 'line 150' })
})

test('JSON lines are shown in words or as they came, and kept as they came', () => {
  const buffer = createLogBuffer()
  buffer.push([{ at: '', stream: 'stdout', text: '{"level":"warn","msg":"slow","ms":12}' }])
  expect(buffer.entries[0]).toMatchObject({ plain: 'WARN  slow  ms=12', level: 'warn', text: '{"level":"warn","msg":"slow","ms":12}' })
  buffer.setReadable(false)
  expect(buffer.entries[0]).toMatchObject({ plain: '{"level":"warn","msg":"slow","ms":12}', level: 'warn', sequence: 0 })
})

test('a search reads each line once, follows what comes and forgets what goes', () => {
  const buffer = createLogBuffer(100)
  const search = createLogSearch()
  const look = (matcher = createMatcher('LINE 4', false)) => (search.update(buffer.entries, matcher, buffer.generation), matcher)
  buffer.push(lines(0, 50))
  const first = look()
  expect(search.matches).toEqual([4, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49])
  buffer.push(lines(50, 70))
  look(first)
  expect(search.matches[0]).toBe(40)
  look(createMatcher('^line 1{2}\\d$', true))
  expect(search.matches).toEqual([110, 111, 112, 113, 114, 115, 116, 117, 118, 119])
  search.update(buffer.entries, createMatcher('', true), buffer.generation)
  expect(search.matches).toEqual([])
})

test('next and previous, and where there is none', () => {
  const buffer = createLogBuffer()
  const search = createLogSearch()
  buffer.push(lines(0, 30))
  search.update(buffer.entries, createMatcher('7', false), 0)
  expect([search.next(undefined, 1), search.next(7, 1), search.next(27, 1), search.next(7, -1), search.next(20, -1)]).toEqual([7, 17, undefined, undefined, 17])
})

test('a filter shows what is asked for, follows what comes, and says when more changed than the end', () => {
  const buffer = createLogBuffer(100)
  const filter = createLogFilter()
  const even = ({ plain }: { plain: string }) => Number(plain.slice(5)) % 2 === 0
  const shown = (accepts?: typeof even) => (filter.update(buffer.entries, buffer.generation, accepts), filter.shown.map(({ plain }) => Number(plain.slice(5))))
  buffer.push(lines(0, 6))
  expect(shown()).toEqual([0, 1, 2, 3, 4, 5])
  expect(shown(even)).toEqual([0, 2, 4])
  const { generation } = filter
  buffer.push(lines(6, 3))
  expect(shown(even)).toEqual([0, 2, 4, 6, 8])
  expect(filter.generation).toBe(generation)
  buffer.push(lines(9, 200))
  expect(shown(even)).toEqual(Array.from({ length: 50 }, (_, index) => 110 + index * 2).filter((each) => each < 209))
  expect(filter.generation).toBeGreaterThan(generation)
})

test('ranges: text without regard to case, expressions, empty matches, and a wrong expression', () => {
  expect(createMatcher('error', false)?.rangesIn('Error: an ERROR')).toEqual([{ from: 0, to: 5 }, { from: 10, to: 15 }])
  expect(createMatcher('err\\w+|x*', true)?.rangesIn('Error: an ERROR')).toEqual([{ from: 0, to: 5 }, { from: 10, to: 15 }])
  expect(createMatcher('(a', false)?.matches('f(a)')).toBe(true)
  expect(() => createMatcher('(a', true)).toThrow(SyntaxError)
})
