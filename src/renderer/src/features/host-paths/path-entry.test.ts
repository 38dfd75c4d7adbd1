import { expect, test } from 'vitest'
import type { HostEntry, HostFolder } from '#shared/contract/app.ts'
import { chosen, complete, fitting, splitPath } from './path-entry.ts'

const entries: HostEntry[] = [
  { name: '.git', kind: 'folder' },
  { name: 'shop', kind: 'folder' },
  { name: 'Shore', kind: 'folder' },
  { name: 'images.tar', kind: 'file' },
  { name: 'notes.txt', kind: 'file' },
]
const listed: HostFolder = { path: '/srv', parent: '/', entries, shortened: false }
const names = (some: readonly HostEntry[]) => some.map(({ name }) => name)

test.each([
  ['', '~/', ''],
  ['~', '~/', ''],
  ['sho', '~/', 'sho'],
  ['/srv', '/', 'srv'],
  ['/srv/', '/srv/', ''],
])('%j is a folder and a beginning', (text, folder, partial) => {
  expect(splitPath(text)).toEqual({ folder, partial })
})

test('hidden ones are shown to who types a dot, files to who wants one, by their ending', () => {
  expect(names(fitting(entries, '', { kind: 'folder' }))).toEqual(['shop', 'Shore'])
  expect(names(fitting(entries, '.', { kind: 'folder' }))).toEqual(['.git'])
  expect(names(fitting(entries, '', { kind: 'file', filters: [{ name: 'Archives', extensions: ['tar'] }] }))).toEqual(['shop', 'Shore', 'images.tar'])
})

test('completion goes as far as all agree, and into a single folder', () => {
  expect(complete('/srv/', 's', fitting(entries, 's', { kind: 'folder' }))).toBe('/srv/sho')
  expect(complete('/srv/', 'shop', fitting(entries, 'shop', { kind: 'folder' }))).toBe('/srv/shop/')
  expect(complete('/srv/', 'n', fitting(entries, 'n', { kind: 'file' }))).toBe('/srv/notes.txt')
  expect(complete('/srv/', 'zz', [])).toBe('/srv/zz')
})

test('only what is of the kind wanted can be chosen', () => {
  expect(chosen(listed, '', { kind: 'folder' })).toEqual({ path: '/srv', replaces: false })
  expect(chosen(listed, 'shop', { kind: 'folder' })).toEqual({ path: '/srv/shop', replaces: false })
  expect(chosen(listed, 'sho', { kind: 'folder' })).toBeUndefined()
  expect(chosen(listed, 'shop', { kind: 'file' })).toBeUndefined()
  expect(chosen(listed, 'notes.txt', { kind: 'file' })).toEqual({ path: '/srv/notes.txt', replaces: false })
  expect(chosen(listed, 'new.tar', { kind: 'save' })).toEqual({ path: '/srv/new.tar', replaces: false })
  expect(chosen(listed, 'images.tar', { kind: 'save' })).toEqual({ path: '/srv/images.tar', replaces: true })
  expect(chosen(listed, 'shop', { kind: 'save' })).toBeUndefined()
  expect(chosen({ ...listed, path: '/' }, 'etc', { kind: 'save' })).toEqual({ path: '/etc', replaces: false })
})
