import { expect, test } from 'vitest'
import { childPath, crumbs, modeText, nameProblem, parentPath, visibleName } from './file-names.ts'
import { readText, writeText } from './text-content.ts'

test('paths: down, up, and every folder on the way', () => {
  expect([childPath('/', 'etc'), childPath('/etc', 'a b')]).toEqual(['/etc', '/etc/a b'])
  expect([parentPath('/etc/ssl'), parentPath('/etc'), parentPath('/'), parentPath('/etc/')]).toEqual(['/etc', '/', '/', '/'])
  expect(crumbs('/var/lib')).toEqual([{ name: 'var', path: '/var' }, { name: 'lib', path: '/var/lib' }])
  expect(crumbs('/')).toEqual([])
})

test('permissions as ls writes them', () => {
  expect(modeText({ kind: 'directory', mode: 0o1777 })).toBe('drwxrwxrwt')
  expect(modeText({ kind: 'file', mode: 0o4755 })).toBe('-rwsr-xr-x')
  expect(modeText({ kind: 'file', mode: 0o2644 })).toBe('-rw-r-Sr--')
  expect(modeText({ kind: 'symlink', mode: 0o777 })).toBe('lrwxrwxrwx')
})

test('names that a folder would not take', () => {
  expect(['', 'a/b', '..', 'é'.repeat(128), 'there', 'new'].map((name) => nameProblem(name, ['there']))).toEqual(['empty', 'slash', 'dots', 'long', 'taken', undefined])
})

test('a name cannot turn the writing round or ring a bell', () => {
  expect(visibleName('invoice\u202efdp.exe')).toBe('invoice\ufffdfdp.exe')
  expect(visibleName('a\nb\x1b[31m')).toBe('a\ufffdb\ufffd[31m')
  expect(visibleName('<img src=x>')).toBe('<img src=x>')
})

const bytes = (text: string) => new TextEncoder().encode(text)

test('text comes back as it was, with its line ends and its mark', () => {
  for (const original of ['a\nb', 'a\r\nb\r\n', '\ufeffa', '', 'é\n']) {
    const content = readText(bytes(original), true)
    expect(content).toMatchObject({ kind: 'text', editable: true })
    if (content.kind === 'text') expect(writeText(content.text, content.lineEnd)).toBe(original)
  }
})

test('what would not come back as it was is only shown', () => {
  expect(readText(bytes('a\r\nb\nc'), true)).toMatchObject({ kind: 'text', editable: false })
  expect(readText(bytes('a\rb'), true)).toMatchObject({ kind: 'text', editable: false })
  expect(readText(Uint8Array.of(0xe9, 0x0a), true)).toMatchObject({ kind: 'text', text: 'é\n', editable: false })
  expect(readText(bytes('half'), false)).toMatchObject({ kind: 'text', editable: false })
  expect(readText(bytes('é').subarray(0, 1), false)).toMatchObject({ kind: 'text', text: '' })
  expect(readText(Uint8Array.of(0x7f, 0x45, 0), true)).toEqual({ kind: 'binary' })
})
