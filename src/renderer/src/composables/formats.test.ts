import { expect, test } from 'vitest'
import { formatAge, formatAgo, formatBytes, shortId } from './formats.ts'
import { resolveTheme } from './theme.ts'

const plain = (text: string | undefined) => text?.replace(/[\u00a0\u202f]/g, ' ')

test.each([
  [0, '0 bytes', '0 octet'],
  [999, '999 bytes', '999 octets'],
  [1_500, '1.5 kB', '1,5 ko'],
  [192_400_000, '192 MB', '192 Mo'],
  [1_240_000_000, '1.2 GB', '1,2 Go'],
])('%i bytes are %s, %s', (bytes, en, fr) => {
  expect(plain(formatBytes(bytes, 'en'))).toBe(en)
  expect(plain(formatBytes(bytes, 'fr'))).toBe(fr)
})

test.each([
  [59, undefined, undefined],
  [61, '1 min', '1 min'],
  [3_599, '59 min', '59 min'],
  [7_300, '2 hr', '2 h'],
  [200_000, '2 days', '2 j'],
])('%i seconds are %s, %s', (seconds, en, fr) => {
  expect(plain(formatAge(seconds * 1000, 'en'))).toBe(en)
  expect(plain(formatAge(seconds * 1000, 'fr'))).toBe(fr)
})

test.each([
  [3, 'now', 'maintenant'],
  [61, '1 min. ago', 'il y a 1 min'],
  [7_300, '2 hr. ago', 'il y a 2 h'],
])('%i seconds ago is %s, %s', (seconds, en, fr) => {
  expect(plain(formatAgo(seconds * 1000, 'en'))).toBe(en)
  expect(plain(formatAgo(seconds * 1000, 'fr'))).toBe(fr)
})

test('ids are shortened as docker does', () => expect(shortId(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab'))

test('the system is followed unless told otherwise', () => {
  expect(resolveTheme('system', { dark: true, moreContrast: false, forced: false })).toEqual({ theme: 'dark', contrast: 'normal' })
  expect(resolveTheme('light', { dark: true, moreContrast: true, forced: false })).toEqual({ theme: 'light', contrast: 'more' })
  expect(resolveTheme('contrast', { dark: true, moreContrast: false, forced: false })).toEqual({ theme: 'dark', contrast: 'more' })
  expect(resolveTheme('light', { dark: true, moreContrast: true, forced: true })).toEqual({ theme: 'dark', contrast: 'forced' })
})
