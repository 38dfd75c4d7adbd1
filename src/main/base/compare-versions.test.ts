import { expect, test } from 'vitest'
import { compareVersions } from './compare-versions.ts'

test.each([
  ['0.1.0', '0.1.1'],
  ['0.9.0', '0.10.0'],
  ['1.0', '1.0.1'],
  ['1.0.0-beta', '1.0.0'],
  ['1.0.0-alpha', '1.0.0-beta'],
])('%s is older than %s', (older, newer) => {
  expect(compareVersions(older, newer)).toBeLessThan(0)
  expect(compareVersions(newer, older)).toBeGreaterThan(0)
})

test.each([['1.0.0', 'v1.0.0'], ['1.0', '1.0.0'], ['1.0.0+build', '1.0.0']])('%s is as old as %s', (one, other) => expect(compareVersions(one, other)).toBe(0))
