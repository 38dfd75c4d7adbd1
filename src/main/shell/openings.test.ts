import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { addressAmong } from './openings.ts'
import { readStartWords } from './start-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'slipway-openings-'))
const file = join(folder, 'my shop&co', 'compose.yaml')
mkdirSync(join(folder, 'my shop&co'))
writeFileSync(file, '')
afterAll(() => rmSync(folder, { recursive: true }))
const opening = (path: string) => `/?open=${encodeURIComponent(path)}`

test.each([
  ['a path', [file], opening(file)],
  ['one from where it was typed', ['my shop&co/compose.yaml'], opening(file)],
  ['a folder', ['my shop&co'], opening(join(folder, 'my shop&co'))],
  ['its address', [pathToFileURL(file).href], opening(file)],
  ['a link', ['slipway://run?image=nginx'], '/containers?run=nginx'],
  ['a link that is none of ours', ['slipway://settings'], undefined],
  ['the first that can be opened', ['/nowhere', 'https://example.com/', file, 'slipway://run?image=nginx'], opening(file)],
  ['a file of another machine', ['file://elsewhere/etc/passwd'], undefined],
  ['nothing', [''], undefined],
])('%s', (_, words, expected) => expect(addressAmong(words, folder)).toBe(expected))

test('the values of switches are no words', () => {
  expect(readStartWords(['--data-root', folder, '--engine-socket=/s', '--no-sandbox', '--enable-features=A,B', file])).toEqual([file])
  expect(readStartWords([file, '--run-root', folder, '--', '--settings'])).toEqual([file, '--settings'])
  expect(readStartWords([])).toEqual([])
})
