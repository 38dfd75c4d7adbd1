import { constants } from 'node:fs'
import { expect, test } from 'vitest'
import { goFileMode } from './wire.ts'

test('modes as Go writes them', () => {
  expect(goFileMode({ mode: constants.S_IFREG | 0o644 })).toBe(0o644)
  expect(goFileMode({ mode: constants.S_IFDIR | 0o1777 })).toBe(2147484159 + 2 ** 20)
  expect(goFileMode({ mode: constants.S_IFLNK | 0o777 })).toBe(134218239)
  expect(goFileMode({ mode: constants.S_IFCHR | 0o4600 })).toBe(2 ** 26 + 2 ** 21 + 2 ** 23 + 0o600)
})
