import { expect, test } from 'vitest'
import { jsonLines, visibleLines } from './json-lines.ts'

const value = { Id: 'abc', Config: { Env: ['A=1', 'B=2'], Cmd: null }, Size: 12, Empty: {} }
const lines = jsonLines(value)
const shown = (folded: string[], query = '') => visibleLines(lines, new Set(folded), query).map(({ key, text }) => key ?? text)

test('every key and item is a line, parents before children', () => {
  expect(lines.map(({ depth, key, text }) => `${depth} ${key ?? '-'} ${text}`)).toEqual(['0 Id "abc"', '0 Config {', '1 Env [', '2 - "A=1"', '2 - "B=2"', '1 Cmd null', '0 Size 12', '0 Empty {'])
})

test('a folded branch hides what is in it', () => {
  expect(shown(['\0Config'])).toEqual(['Id', 'Config', 'Size', 'Empty'])
})

test('a search shows what matches, where it is, and what is in a branch that matches', () => {
  expect(shown([], 'b=2')).toEqual(['Config', 'Env', '"B=2"'])
  expect(shown(['\0Config'], 'env')).toEqual(['Config', 'Env', '"A=1"', '"B=2"'])
  expect(shown([], 'nothing')).toEqual([])
})
