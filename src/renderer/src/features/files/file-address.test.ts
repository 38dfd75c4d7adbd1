import { expect, test } from 'vitest'
import { fileAddress } from './file-address.ts'

test('where a browser fetches what it carries, and as what it saves it', () => {
  const { name, address } = fileAddress('http://127.0.0.1:8080', 'embedded', { kind: 'volume', name: 'data' }, '/a b/c&d.txt', false)
  expect(name).toBe('c&d.txt')
  const url = new URL(address)
  expect([url.pathname, Object.fromEntries(url.searchParams)]).toEqual(['/file', { connection: 'embedded', volume: 'data', path: '/a b/c&d.txt', as: 'content' }])
})

test('a folder is an archive; a name that the drag would take apart is mended', () => {
  const { name, address } = fileAddress('http://127.0.0.1:8080', 'lab', { kind: 'container', id: 'abc' }, '/x/12:30', true)
  expect(name).toBe('12_30.tar')
  expect(new URL(address).searchParams.get('as')).toBe('archive')
  expect(new URL(address).searchParams.get('container')).toBe('abc')
})
