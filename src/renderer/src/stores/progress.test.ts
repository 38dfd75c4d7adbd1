import { expect, test } from 'vitest'
import { watch } from 'vue'
import type { ProgressStep } from '#shared/contract/events.ts'
import { addStep, fetchedBytes, noProgress, progressShare } from './progress.ts'
import { createCollection } from './collection.ts'

const after = (...steps: ProgressStep[]) => steps.reduce(addStep, noProgress)

test('layers count by their size; fetching is most of the way', () => {
  const progress = after(
    { kind: 'phase', phase: 'pulling' },
    { kind: 'layer', id: 'a', phase: 'waiting', total: 300 },
    { kind: 'layer', id: 'b', phase: 'downloading', current: 50, total: 100 },
    { kind: 'layer', id: 'c', phase: 'exists', total: 600 },
  )
  expect(progressShare(progress)).toBeCloseTo((0 * 300 + 0.4 * 100 + 600) / 1000)
  expect(fetchedBytes(progress)).toEqual({ current: 50, total: 400 })
})

test('a step without a size keeps the one that was told before', () => {
  expect(after({ kind: 'layer', id: 'a', phase: 'downloading', current: 5, total: 10 }, { kind: 'layer', id: 'a', phase: 'done' }).layers).toEqual([{ id: 'a', phase: 'done', current: 0, total: 10 }])
})

test('nothing known is not nothing done', () => {
  expect(progressShare(noProgress)).toBeUndefined()
  expect(progressShare(after({ kind: 'phase', phase: 'starting' }))).toBe(1)
})

test('a collection shows many changes at once, when its turn comes', () => {
  let publish: (() => void) | undefined
  const collection = createCollection<{ id: string; n: number }>(({ id }) => id, (next) => (publish = next))
  collection.replace([{ id: 'a', n: 1 }, { id: 'b', n: 1 }])
  const before = collection.list
  collection.put({ id: 'a', n: 2 })
  collection.put({ id: 'c', n: 1 })
  collection.drop('b')
  expect(collection.list).toBe(before)
  publish?.()
  expect(collection.list).toEqual([{ id: 'a', n: 2 }, { id: 'c', n: 1 }])
  expect(collection.find('a')).toEqual({ id: 'a', n: 2 })
})

test('who asked for one item hears of that one alone', () => {
  let publish: (() => void) | undefined
  const collection = createCollection<{ id: string; n: number }>(({ id }) => id, (next) => (publish = next))
  collection.replace([{ id: 'a', n: 1 }, { id: 'b', n: 1 }])
  const heard: (number | undefined)[] = []
  watch(() => collection.find('a'), (item) => heard.push(item?.n), { flush: 'sync' })
  collection.put({ id: 'b', n: 2 })
  publish?.()
  expect(heard).toEqual([])
  collection.put({ id: 'a', n: 2 })
  collection.put({ id: 'a', n: 3 })
  publish?.()
  expect(heard).toEqual([3])
  collection.drop('a')
  publish?.()
  collection.replace([{ id: 'a', n: 4 }])
  expect(heard).toEqual([3, undefined, 4])
})

test('an item that comes again as it was is no change; of one that changed, the rest stays what it was', () => {
  let published = 0
  const collection = createCollection<{ id: string; n: number; tags: string[] }>(({ id }) => id, (publish) => (published++, publish()))
  collection.replace([{ id: 'a', n: 1, tags: ['x'] }])
  const [list, tags] = [collection.list, collection.find('a')?.tags]
  collection.put({ id: 'a', n: 1, tags: ['x'] })
  expect(published).toBe(0)
  expect(collection.list).toBe(list)
  collection.put({ id: 'a', n: 2, tags: ['x'] })
  expect(collection.find('a')?.n).toBe(2)
  expect(collection.find('a')?.tags).toBe(tags)
})
