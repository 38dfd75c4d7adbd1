import { expect, test } from 'vitest'
import { isVolumeName, nameFromBackup, readPairs } from './volume-dialogs.ts'

test('labels as lines', () => {
  expect(readPairs(' a=1 \n\nb\nc=d=e')).toEqual({ a: '1', b: '', c: 'd=e' })
  expect(readPairs(' \n')).toBeUndefined()
})

test('the name of a volume in the name of its backup', () => {
  expect(['/b/shop-data-2026-01-31.tar.gz', '/b/db.tzst', 'my notes.tar', '-x.tar.zst'].map(nameFromBackup)).toEqual(['shop-data', 'db', 'my-notes', 'x'])
  expect([isVolumeName('shop-data'), isVolumeName('a'), isVolumeName('-a'), isVolumeName('a/b')]).toEqual([true, false, false, false])
})
