import { expect, test } from 'vitest'
import { childrenFirst } from './children-first.ts'
import type { ImageRecord } from './records.ts'

const image = (id: string, parent?: string) => ({ id: `sha256:${id}`, ...(parent !== undefined && { parent: `sha256:${parent}` }) }) as ImageRecord
const order = (images: ImageRecord[]) => childrenFirst(images).map(({ id }) => id.slice(7))

test.each([
  ['parents listed first', [image('a'), image('b', 'a'), image('c', 'b'), image('d', 'a')]],
  ['children listed first', [image('c', 'b'), image('d', 'a'), image('b', 'a'), image('a')]],
])('every image comes once, after those built on it: %s', (_, images) => {
  const found = order(images)
  expect(found.toSorted()).toEqual(['a', 'b', 'c', 'd'])
  for (const { id, parent } of images) if (parent) expect(found.indexOf(id.slice(7))).toBeLessThan(found.indexOf(parent.slice(7)))
})

test('a parent that is not among them, and a chain deeper than any stack', () => {
  expect(order([image('b', 'gone')])).toEqual(['b'])
  const chain = Array.from({ length: 50_000 }, (_, index) => image(String(index), index === 0 ? undefined : String(index - 1)))
  expect(childrenFirst(chain)).toEqual(chain.toReversed())
})
