import { describe, expect, test } from 'vitest'
import { FAKE_FACTS } from '../../host/testing/fake-host.ts'
import { checkResourceLimits } from './check-limits.ts'
import type { ResourceLimits } from './resource-limits.ts'
import { resourcesOf } from './resources.ts'

const MiB = 1024 * 1024
const able = { facts: { ...FAKE_FACTS, cgroup: { mode: 'v2' as const, driver: 'cgroupfs' as const, controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io'] } } }
const unable = { facts: { ...FAKE_FACTS, rootless: true, cgroup: { mode: 'v2' as const, driver: 'none' as const, controllers: [] } } }

const check = (limits: ResourceLimits, options?: { update?: boolean }) => checkResourceLimits(limits, able, options)
const resources = (limits: ResourceLimits) => resourcesOf(check(limits).limits)

test('swap is twice the memory unless said otherwise', () => {
  expect(resources({ memory: 64 * MiB }).memory).toEqual({ limit: 64 * MiB, swap: 128 * MiB })
  expect(resources({ memory: 64 * MiB, memorySwap: -1 }).memory).toEqual({ limit: 64 * MiB, swap: -1 })
  expect(resources({ memory: 64 * MiB, memorySwap: 64 * MiB }).memory).toEqual({ limit: 64 * MiB, swap: 64 * MiB })
})

test('CPUs become a quota', () => {
  expect(resources({ nanoCpus: 1.5e9 }).cpu).toEqual({ period: 100_000, quota: 150_000 })
  expect(resources({ cpuPeriod: 50_000, cpuQuota: 25_000, cpuShares: 512 }).cpu).toEqual({ period: 50_000, quota: 25_000, shares: 512 })
  expect(check({ cpuShares: 1 }).limits.cpuShares).toBe(2)
})

test('nothing asked is nothing written', () => {
  expect(resources({})).toEqual({})
  expect(resources({ memory: 0, cpuShares: 0, pidsLimit: 0, blkioReadBps: [] })).toEqual({ pids: { limit: -1 } })
})

test.each<[string, ResourceLimits]>([
  ['Minimum memory limit allowed is 6MB', { memory: MiB }],
  ['Minimum memoryswap limit should be larger than memory limit, see usage', { memory: 64 * MiB, memorySwap: 32 * MiB }],
  ['You should always set the Memory limit when using Memoryswap limit, see usage', { memorySwap: 64 * MiB }],
  ['Minimum memory reservation allowed is 6MB', { memoryReservation: MiB }],
  ['Minimum memory limit can not be less than memory reservation limit, see usage', { memory: 64 * MiB, memoryReservation: 128 * MiB }],
  ['Conflicting options: Nano CPUs and CPU Period cannot both be set', { nanoCpus: 1e9, cpuPeriod: 1000 }],
  ['Conflicting options: Nano CPUs and CPU Quota cannot both be set', { nanoCpus: 1e9, cpuQuota: 1000 }],
  ['Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available', { nanoCpus: 3e9 }],
  ['CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)', { cpuPeriod: 10 }],
  ['CPU cfs quota can not be less than 1ms (i.e. 1000)', { cpuQuota: 10 }],
  ['Invalid value a-b for cpuset cpus', { cpusetCpus: 'a-b' }],
  ['Invalid value 0-4294967295 for cpuset cpus', { cpusetCpus: '0-4294967295' }],
  ['Range of blkio weight is from 10 to 1000', { blkioWeight: 5 }],
])('%s', (message, limits) => {
  expect(() => check(limits)).toThrow(message)
})

test('CPUs that are not there', () => {
  expect(() => check({ cpusetCpus: '8000' })).toThrow(/^Requested CPUs are not available - requested 8000, available: /)
})

describe('where limits cannot be enforced they are left out, and Docker’s warnings say so', () => {
  test.each<[string, ResourceLimits]>([
    ['Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.', { memory: 64 * MiB, memorySwap: 128 * MiB }],
    ['Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.', { memoryReservation: 64 * MiB }],
    ['Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.', { pidsLimit: 100 }],
    ['Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.', { cpuShares: 512 }],
    ['Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.', { cpuQuota: 50_000 }],
    ['Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.', { cpusetCpus: '0' }],
    ['Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.', { blkioWeight: 100 }],
    ['Your kernel does not support BPS Block I/O read limit or the cgroup is not mounted. Block I/O BPS read limit discarded.', { blkioReadBps: [{ path: '/dev/sda', rate: 1 }] }],
    ['Your kernel does not support OomKillDisable. OomKillDisable discarded.', { oomKillDisable: true }],
  ])('%s', (warning, limits) => {
    const checked = checkResourceLimits(limits, unable)
    expect(checked.warnings).toEqual([warning])
    expect(resourcesOf(checked.limits)).toEqual({})
  })

  test('but for CPUs, which Docker refuses', () => {
    expect(() => checkResourceLimits({ nanoCpus: 1e9 }, unable)).toThrow('NanoCPUs can not be set')
  })
})
