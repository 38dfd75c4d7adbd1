import { expect, test } from 'vitest'
import { globEnds, globStarts, matchesGlob, pathMatchSteps, shellSteps } from './glob.ts'

/** A backtracking expression would try more ways than there are atoms. */
const MANY_STARS = `${'*a'.repeat(40)}b`
const NEARLY = 'a'.repeat(200)

test.each([
  ['web', 'web', true],
  ['w?b', 'web', true],
  ['w?b', 'w/b', false],
  ['*', 'a/b', false],
  ['*/b', 'a/b', true],
  ['[a-c]?', 'bx', true],
  ['[^a-c]?', 'bx', false],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  [MANY_STARS, NEARLY, false],
  [MANY_STARS, `${NEARLY}b`, true],
])('path.Match: %s, %s', (pattern, text, expected) => expect(matchesGlob(pathMatchSteps(pattern), text)).toBe(expected))

test.each(['[', 'a[b', '[z-a]'])('%s is no pattern', (pattern) => expect(() => pathMatchSteps(pattern)).toThrow('syntax error in pattern'))

test('where matches of a shell pattern begin and end', () => {
  expect([...globEnds(shellSteps('*b'), 'abcb')]).toEqual([2, 4])
  expect([...globEnds(shellSteps('?c'), 'abcb', 1)]).toEqual([3])
  expect([...globStarts(shellSteps('b*c'), 'abbc')].toSorted()).toEqual([1, 2])
  expect([...globStarts(shellSteps(MANY_STARS), NEARLY)]).toEqual([])
})
