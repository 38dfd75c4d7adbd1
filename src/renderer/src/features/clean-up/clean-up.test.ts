import { expect, test } from 'vitest'
import type { DiskUsage } from '#shared/contract/system.ts'
import { cleanUpPlan, cleanUpRequest, reclaimable } from './clean-up-plan.ts'

const usage: DiskUsage = {
  imagesBytes: 1000,
  images: [
    { id: 'sha256:1', tags: ['web:1', 'web:latest'], bytes: 300, ownBytes: 100, containers: 0, holders: [] },
    { id: 'sha256:2', tags: [], bytes: 80, ownBytes: 40, containers: 0, holders: [] },
    { id: 'sha256:3', tags: ['used:1'], bytes: 500, ownBytes: 500, containers: 2, holders: ['c1', 'c2'] },
    { id: 'sha256:4', tags: [], bytes: 50, ownBytes: 50, containers: 1, holders: ['c1'] },
  ],
  containers: [{ id: 'c1', name: 'old', bytes: 7, running: false }, { id: 'c2', name: 'new', bytes: 9, running: true }],
  volumes: [
    { name: 'data', bytes: 60, containers: 0, holders: [], anonymous: false },
    { name: 'a'.repeat(64), bytes: 5, containers: 0, holders: [], anonymous: true },
    { name: 'busy', bytes: 70, containers: 1, holders: ['c2'], anonymous: false },
    { name: 'kept', bytes: 30, containers: 1, holders: ['c1'], anonymous: false },
    { name: 'both', bytes: 20, containers: 2, holders: ['c1', 'c2'], anonymous: false },
    { name: 'elsewhere', bytes: 10, containers: 2, holders: ['c1'], anonymous: false },
    { name: 'b'.repeat(64), bytes: 3, containers: 1, holders: ['c1'], anonymous: true },
  ],
  buildCacheBytes: 12,
}

test('only what nothing uses is offered, and only what cannot be missed is chosen', () => {
  expect(cleanUpPlan(usage).map(({ kind, items, bytes, harmless }) => [kind, items.map(({ name }) => name), bytes, harmless])).toEqual([
    ['untagged', ['2'], 40, true],
    ['buildCache', [''], 12, true],
    ['stopped', ['old'], 10, false],
    ['anonymousVolumes', ['aaaaaaaaaaaa'], 5, false],
    ['unused', ['web:1, web:latest'], 100, false],
    ['volumes', ['data'], 60, false],
  ])
  expect(reclaimable(usage)).toEqual({ images: 140, containers: 7, volumes: 65, buildCache: 12 })
  expect(cleanUpPlan({ ...usage, images: [], containers: [], volumes: [], buildCacheBytes: 0 })).toEqual([])
})

test('what only stopped containers hold is offered once these are chosen; what another holds too is not', () => {
  const freed = (going: string[]) => cleanUpPlan(usage, new Set(going)).filter(({ kind }) => kind === 'volumes' || kind === 'untagged' || kind === 'anonymousVolumes').map(({ items }) => items.map(({ name }) => name))
  expect(freed(['c1'])).toEqual([['4', '2'], ['aaaaaaaaaaaa'], ['data', 'kept']])
  expect(freed(['c1', 'c2'])).toEqual([['4', '2'], ['aaaaaaaaaaaa'], ['busy', 'data', 'kept', 'both']])
})

test('what was chosen is what goes, an image by all of its names', () => {
  expect(cleanUpRequest(usage, [{ kind: 'unused', ids: ['sha256:1'] }, { kind: 'untagged', ids: ['sha256:2'] }, { kind: 'volumes', ids: ['data'] }])).toEqual({ containers: [], images: ['web:1', 'web:latest', 'sha256:2'], volumes: ['data'], buildCache: false })
})
