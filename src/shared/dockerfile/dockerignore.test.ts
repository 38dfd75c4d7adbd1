import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIgnoreMatcher } from './dockerignore.ts'

test.each<[string, string, boolean]>([
  ['*.key', 'a.key', true],
  ['*.key', 'sub/a.key', false],
  ['**/*.key', 'sub/deep/a.key', true],
  ['**/*.key', 'a.key', true],
  ['node_modules', 'node_modules/x/y', true],
  ['node_modules', 'a/node_modules', false],
  ['/abs', 'abs', true],
  ['./dot', 'dot', true],
  ['a/../b', 'b', true],
  ['a/', 'a/f', true],
  ['# comment', '# comment', false],
  ['te?t', 'test', true],
  ['te?t', 'te/t', false],
  ['[a-c].txt', 'b.txt', true],
  ['[^a-c].txt', 'b.txt', false],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['**', 'a/b', true],
  ['a/**', 'a/b/c', true],
  ['a/**/z', 'a/z', true],
  ['a/**/z', 'a/b/c/z', true],
  ['*\n!README.md', 'README.md', false],
  ['*\n!README.md', 'x', true],
  ['a\n!a/keep', 'a/keep', false],
  ['!a\na', 'a', true],
  ['*.md\n!README*.md\nREADME-secret.md', 'README-secret.md', true],
  ['!a\na\n!a', 'a/b', false],
  ['a\n!*\na', 'a', true],
  ['*.md\nx.md\n!*.md', 'x.md', false],
  ['!x.md\n*.md', 'x.md', true],
  ['.', 'a', false],
  ['\uFEFFa', 'a', true],
  ['  a  ', 'a', true],
])('%j on %s: %s', (text, path, expected) => expect(createIgnoreMatcher(text).ignores(path)).toBe(expected))

test('an ignored folder is walked only where something in it may be taken back', () => {
  expect(createIgnoreMatcher('node_modules').prunes('node_modules')).toBe(true)
  expect(createIgnoreMatcher('a\n!a/keep').prunes('a')).toBe(false)
  expect(createIgnoreMatcher('a\nb\n!a/keep').prunes('b')).toBe(true)
})

/** A malformed pattern is refused with a coded error, and with nothing else. */
function attempt(pattern: string) {
  try {
    return createIgnoreMatcher(pattern)
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-argument' })
    return undefined
  }
}

test.each(['[\\]a', '[b-a]'])('a class that never ends is a bracket, one that is no range is refused: %s', (pattern) => {
  const matcher = attempt(pattern)
  expect(matcher?.ignores('a') ?? false).toBe(false)
})

test('what is below a matched folder is matched, whatever the pattern', () => {
  const segment = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '[', ']', '\\', '!'), minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(segment, fc.constantFrom('a', 'b', 'ab', 'a.b'), (pattern, folder) => {
      if (pattern.startsWith('!')) return
      const matcher = attempt(pattern)
      if (matcher?.ignores(folder)) expect(matcher.ignores(`${folder}/below/it`)).toBe(true)
    }),
  )
})
