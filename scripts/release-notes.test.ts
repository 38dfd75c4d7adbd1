import { expect, test } from 'vitest'
// @ts-expect-error scripts run without a build, and have no declarations
import { releaseNotes } from './release-notes.mjs'

const CHANGELOG = '# Changelog\n\n## Unreleased\n\n## [1.10.0] - 2027-01-02\n\n### Added\n- Ten.\n\n## 1.1.0\n- One.\n'

test('a version has its own text, by either way of writing its heading, and by its tag', () => {
  expect(releaseNotes(CHANGELOG, '1.10.0')).toBe('### Added\n- Ten.\n')
  expect(releaseNotes(CHANGELOG, 'v1.1.0')).toBe('- One.\n')
})

test('a version without notes is no release', () => {
  expect(() => releaseNotes(CHANGELOG, '1.1')).toThrow('it knows Unreleased, 1.10.0, 1.1.0')
  expect(() => releaseNotes(CHANGELOG, 'unreleased')).toThrow('nothing below it')
})
