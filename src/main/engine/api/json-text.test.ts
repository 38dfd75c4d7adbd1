import { expect, test } from 'vitest'
import { parseJsonBody, parseJsonText } from './json-text.ts'

test.each([
  ['{', 'unexpected EOF'],
  ['{"a"', 'unexpected EOF'],
  ['"a', 'unexpected EOF'],
  ['tru', 'unexpected EOF'],
  ['-', 'unexpected EOF'],
  ['{invalid json', "invalid character 'i' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
  ['[1 2]', "invalid character '2' after array element"],
  ['foo', "invalid character 'o' in literal false (expecting 'a')"],
  ["{'a':1}", `invalid character '\\'' looking for beginning of object key string`],
  ['[,]', "invalid character ',' looking for beginning of value"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['[-a]', "invalid character 'a' in numeric literal"],
  ['[1.]', "invalid character ']' after decimal point in numeric literal"],
  ['[1e+]', "invalid character ']' in exponent of numeric literal"],
  ['[1.5e+3, -0, "\\u00e9\\n", null] x', 'unexpected content after JSON'],
])('%s: %s', (text, message) => {
  expect(() => parseJsonText(text)).toThrow(new SyntaxError(message))
})

test('lists in lists without end are refused, whether they are JSON or not', () => {
  for (const text of ['['.repeat(100_000), '['.repeat(100_000) + ']'.repeat(100_000)]) expect(() => parseJsonText(text)).toThrow(new SyntaxError('exceeded max depth'))
})

test('what is JSON is given as it is', () => {
  expect(parseJsonText(' {"a":[1,-2.5e3,"é",null,true]} ')).toEqual({ a: [1, -2500, 'é', null, true] })
})

test('a body names its fault as Docker does', () => {
  expect(() => parseJsonBody('{} trailing content')).toThrow('unexpected content after JSON')
  expect(() => parseJsonBody('{')).toThrow('invalid JSON: unexpected EOF')
})
