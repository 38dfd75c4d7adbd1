import { expect, test } from 'vitest'
import { CanonicalHash } from './canonical-hash.ts'
import { directory, link, tarOf, type Item } from './testing/tar-builder.ts'
import { TarReader } from './tar-reader.ts'

function hashOf(items: Item[], remembered?: number) {
  const hash = new CanonicalHash(remembered)
  const reader = new TarReader(hash)
  reader.write(tarOf(...items))
  reader.end()
  return hash.finish()
}

const FILES: Item[] = [{ path: 'a', content: 'a' }, { path: 'b' }, { path: 'c' }]

test.each<[string, Item[]]>([
  ['files', FILES],
  ['a link to one of the first', [...FILES, link('d', 'a', 'link')]],
  ['folders', [directory('a'), { path: 'a/b' }, directory('c'), directory('d')]],
])('of more than is remembered the hash is what it is otherwise: %s', (_, items) => {
  expect(hashOf(items)).toMatchObject({ diffId: expect.stringMatching(/^sha256:/) as string })
  expect(hashOf(items, 2)).toEqual(hashOf(items))
})

test.each<[string, Item[]]>([
  ['a file that is linked to', [...FILES, link('d', 'c', 'link')]],
  ['a folder that is filled', [directory('a'), directory('b'), { path: 'b/c' }]],
])('what refers to something that is not remembered makes it unknown: %s', (_, items) => {
  expect(hashOf(items)).toBeDefined()
  expect(hashOf(items, 2)).toBeUndefined()
})
