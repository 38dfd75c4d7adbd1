import { expect, test } from 'vitest'
import { isDigest, parseDigest } from './digest.ts'

const HEX = 'a'.repeat(64)

test('a digest is taken, and is a name in one folder', () => {
  expect(parseDigest(`sha256:${HEX}`)).toBe(`sha256:${HEX}`)
})

test.each([`sha256:../../${'a'.repeat(58)}`, `sha256:${HEX}/../x`, `sha256:${HEX}\n`, `sha256:${HEX}a`, `sha256:${'A'.repeat(64)}`, `sha512:${HEX}`, `/sha256:${HEX}`, HEX, ''])('%j is no digest, and would be a path', (text) => {
  expect(isDigest(text)).toBe(false)
  expect(() => parseDigest(text)).toThrow(/^invalid digest/)
})
