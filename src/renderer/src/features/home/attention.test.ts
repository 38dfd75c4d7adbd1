import { expect, test } from 'vitest'
import type { ContainerState, ContainerSummary } from '#shared/contract/containers.ts'
import { concerns } from './attention.ts'

const NOW = 1_000_000_000_000
const container = (name: string, state: ContainerState) => ({ id: name, name, state }) as ContainerSummary
const disk = (free: number, total = 100_000_000_000) => ({ path: '/', totalBytes: total, freeBytes: free })

test('crashes of its own making, not stops that were asked for, nor those of long ago', () => {
  const some = [
    container('fine', { status: 'running' }),
    container('older', { status: 'exited', code: 1, finishedAt: NOW - 60_000 }),
    container('crashed', { status: 'exited', code: 2, finishedAt: NOW - 1000 }),
    container('stopped', { status: 'exited', code: 143, finishedAt: NOW }),
    container('asked', { status: 'exited', code: 1, finishedAt: NOW, asked: true }),
    container('done', { status: 'exited', code: 0, finishedAt: NOW }),
    container('ancient', { status: 'exited', code: 1, finishedAt: NOW - 30 * 86_400_000 }),
    container('ill', { status: 'running', health: 'unhealthy' }),
    container('again', { status: 'restarting', code: 1 }),
  ]
  expect(concerns(some, disk(90_000_000_000), NOW).map((each) => ('container' in each ? `${each.kind} ${each.container.name}` : each.kind))).toEqual(['unhealthy ill', 'restarting again', 'crashed crashed', 'crashed older'])
})

test('a disk that fills comes first; a tenth of a large one is plenty', () => {
  expect(concerns([], disk(5_000_000_000), NOW)).toMatchObject([{ kind: 'disk' }])
  expect(concerns([], disk(90_000_000_000, 1_000_000_000_000), NOW)).toEqual([])
  expect(concerns([], undefined, NOW)).toEqual([])
  expect(concerns([container('ill', { status: 'running', health: 'unhealthy' })], disk(5_000_000_000), NOW, 'it was killed', [{ id: 'nft', status: 'missing', finding: 'There is no nft.' }]).map(({ kind }) => kind)).toEqual(['disk', 'machine', 'engine', 'unhealthy'])
})
