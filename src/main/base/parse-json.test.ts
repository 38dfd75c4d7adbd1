import { expect, test } from 'vitest'
import { isTooDeep, parseJson } from './parse-json.ts'

const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`

test('what nests without end is refused, before anything can fall over it', () => {
  expect(JSON.stringify(parseJson(nested(500)))).toBe(nested(500))
  for (const depth of [502, 2_000_000]) expect(() => parseJson(nested(depth))).toThrow(new SyntaxError('exceeded max depth'))
})

test('brackets in strings do not nest, nor do those that are closed again', () => {
  const flat = { a: '['.repeat(1000), 'b\\"[': Array.from({ length: 1000 }, () => [{}]), c: '\\' }
  expect(parseJson(JSON.stringify(flat))).toEqual(flat)
})

test('what is no JSON is told as JSON.parse does, however it ends', () => {
  expect(() => parseJson('{"a":')).toThrow(SyntaxError)
  expect(isTooDeep(`${']'.repeat(600)}"\\`)).toBe(false)
})
