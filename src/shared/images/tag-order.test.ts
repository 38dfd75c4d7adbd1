import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sortTags } from './tag-order.ts'

test('latest, words, versions from the newest with their variants, and last what nobody types', () => {
  const tags = ['1.9', '20240105', 'alpine', '1.27', 'v1.10.2', 'latest', '1.27-alpine', 'sha256-0a1b2c', '1.27.3', 'stable-perl', '1', '2.0-rc.1', '2.0', '3f2a9c71d0b45e']
  expect(sortTags(tags)).toEqual(['latest', 'alpine', 'stable-perl', '2.0', '2.0-rc.1', '1.27.3', '1.27', '1.27-alpine', 'v1.10.2', '1.9', '1', '20240105', '3f2a9c71d0b45e', 'sha256-0a1b2c'])
})

test('nothing is lost, and the order does not depend on how it came', () => {
  const tag = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/)
  fc.assert(fc.property(fc.uniqueArray(tag), (tags) => {
    expect(sortTags(tags).toSorted()).toEqual(tags.toSorted())
    expect(sortTags(tags.toReversed())).toEqual(sortTags(tags))
  }))
})

test('two that are the same version have their place by their letters', () => {
  expect(sortTags(['9.', '9'])).toEqual(sortTags(['9', '9.']))
})
