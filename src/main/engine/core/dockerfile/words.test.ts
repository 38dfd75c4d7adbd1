import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expandWord, expandWords } from './words.ts'

const variables = (name: string) => ({ a: 'foo.tar.gz', empty: '', two: 'x y', path: '/usr/local/lib' })[name]

test.each([
  ['$a', 'foo.tar.gz'],
  ['${a}', 'foo.tar.gz'],
  ['x$a', 'xfoo.tar.gz'],
  ['$unset', ''],
  ['${empty:-d}', 'd'],
  ['${empty-d}', ''],
  ['${unset-d}', 'd'],
  ['${unset:-${a}}', 'foo.tar.gz'],
  ['${unset:-$a/${path}}', 'foo.tar.gz//usr/local/lib'],
  ['${unset:-\\${a}}', '${a}'],
  ['${a:+y}', 'y'],
  ['${unset:+y}', ''],
  ['${empty+y}', 'y'],
  ['${a#*.}', 'tar.gz'],
  ['${a##*.}', 'gz'],
  ['${a%.*}', 'foo.tar'],
  ['${a%%.*}', 'foo'],
  ['${a#x}', 'foo.tar.gz'],
  ['${a/o/0}', 'f0o.tar.gz'],
  ['${a//o/0}', 'f00.tar.gz'],
  ['${path//\\//-}', '-usr-local-lib'],
  ['${a/o}', 'fo.tar.gz'],
  ["'$a'", '$a'],
  ['"$a b"', 'foo.tar.gz b'],
  ['"a \\"b\\" \\c"', 'a "b" \\c'],
  ['\\$a', '$a'],
  ['a\\ b', 'a b'],
  ['$', '$'],
  ['$.', '$.'],
  ['é$a', 'éfoo.tar.gz'],
])('%s expands to %s', (word, expected) => expect(expandWord(word, variables)).toBe(expected))

test.each([['"open'], ["'open"], ['${a'], ['${}'], ['${a:x}'], ['${unset:?}'], ['${unset?say why}'], ['${a^^}']])('%s is refused', (word) => expect(() => expandWord(word, variables)).toThrow())

test.each([
  ['##', 'b'],
  ['%%b', ''],
  ['//', 'b/x'],
])('a pattern of many stars takes no longer than another: %s', (before, after) => {
  const value = 'a'.repeat(200)
  expect(expandWord(`\${value${before}${'*a'.repeat(40)}${after}}`, () => value)).toBe(value)
})

test.each([
  ['${a//*/x}', 'x'],
  ['${empty//*/x}', 'x'],
  ['${a//t*r/x}', 'foo.x.gz'],
  ['${a//?o/x}', 'xo.tar.gz'],
])('%s is %s: the longest match, and no empty one behind it', (word, expected) => expect(expandWord(word, variables)).toBe(expected))

test('substitutions in one another, and what they make, have an end', () => {
  const nested = (depth: number) => `${'${unset:-'.repeat(depth)}x${'}'.repeat(depth)}`
  expect(expandWord(nested(100), variables)).toBe('x')
  expect(() => expandWord(nested(20_000), variables)).toThrow('more than 100 substitutions in one another')
  const long = 'a'.repeat(200_000)
  expect(() => expandWord('$long'.repeat(10), () => long)).toThrow('longer than 1048576 characters')
  expect(() => expandWord('${long//a/$long}', () => long)).toThrow('longer than 1048576 characters')
})

test('the backtick escapes where the file says so', () => expect(expandWord('C:\\x`$a', variables, '`')).toBe('C:\\x$a'))

test('an unquoted value splits, a quoted one does not', () => {
  expect(expandWords('$two', variables)).toEqual(['x', 'y'])
  expect(expandWords('"$two"', variables)).toEqual(['x y'])
  expect(expandWords('1$two.2 $empty', variables)).toEqual(['1x', 'y.2'])
})

test('no input makes it hang or throw anything but a coded error', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', '"', "'", '\\', 'a', ':', '-', '/', '%', '#', '*', ' ', '?') , maxLength: 30 }), (word) => {
      try {
        expandWord(word, variables)
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid-argument' })
      }
    }),
    { numRuns: 2000 },
  )
})
