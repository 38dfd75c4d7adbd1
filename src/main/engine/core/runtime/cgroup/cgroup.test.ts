import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { locateCgroup, ownCgroupDirectory, type Cgroup } from './locate.ts'
import { readStats } from './stats.ts'

const root = mkdtempSync(join(tmpdir(), 'slipway-cgroup-'))
afterAll(() => rmSync(root, { recursive: true }))

const V2 = '30 25 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate'
const V1 = ['30 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory', '31 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct', '32 25 0:29 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer'].join('\n')

test('v2: one directory, up to the container’s own', () => {
  const found = locateCgroup(1, 'abc', { mountinfo: V2, cgroup: '0::/slipway/abc/init.scope\n' })
  expect([found?.version, found?.directory('memory')]).toEqual([2, '/sys/fs/cgroup/slipway/abc'])
  expect(locateCgroup(1, 'abc', { mountinfo: V2, cgroup: '0::/user.slice/slipway-abc.scope\n' })?.directory('x')).toBe('/sys/fs/cgroup/user.slice/slipway-abc.scope')
})

test('v1 and hybrid: a directory per controller', () => {
  const hybrid = `${V1}\n40 25 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`
  const found = locateCgroup(1, 'abc', { mountinfo: hybrid, cgroup: '9:memory:/slipway/abc\n4:cpu,cpuacct:/slipway/abc\n0::/slipway/abc\n' })
  expect([found?.version, found?.directory('memory'), found?.directory('cpuacct'), found?.directory('pids')]).toEqual([1, '/sys/fs/cgroup/memory/slipway/abc', '/sys/fs/cgroup/cpu,cpuacct/slipway/abc', undefined])
})

test('a cgroup that is the engine’s, or out of sight, is none of the container’s', () => {
  expect(locateCgroup(1, 'abc', { mountinfo: V2, cgroup: '0::/user.slice/session-1.scope\n' })).toBeUndefined()
  expect(locateCgroup(1, 'abc', { mountinfo: V2, cgroup: '0::/../../abc\n' })).toBeUndefined()
  const below = '30 25 0:27 /user.slice /sys/fs/cgroup rw - cgroup2 cgroup2 rw'
  expect(locateCgroup(1, 'abc', { mountinfo: below, cgroup: '0::/user.slice/abc\n' })?.directory('x')).toBe('/sys/fs/cgroup/abc')
  expect(locateCgroup(1, 'abc', { mountinfo: below, cgroup: '0::/system.slice/abc\n' })).toBeUndefined()
})

test('the engine’s own', () => {
  expect(ownCgroupDirectory({ mountinfo: V2, cgroup: '0::/a/b\n' })).toBe('/sys/fs/cgroup/a/b')
  expect(ownCgroupDirectory({ mountinfo: V1, cgroup: '9:memory:/\n' })).toBe('/sys/fs/cgroup/memory')
  expect(ownCgroupDirectory({ mountinfo: '', cgroup: '0::/\n' })).toBeUndefined()
})

function fixture(name: string, files: Record<string, string>): string {
  const directory = join(root, name)
  mkdirSync(directory, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
  return directory
}

test('counters of v2', async () => {
  const directory = fixture('v2', {
    'cpu.stat': 'usage_usec 1000\nuser_usec 600\nsystem_usec 400\nnr_periods 10\nnr_throttled 2\nthrottled_usec 30\n',
    'memory.current': '4096\n', 'memory.max': 'max\n', 'memory.peak': '8192\n', 'memory.events': 'low 0\nmax 7\noom_kill 1\n', 'memory.stat': 'anon 100\ninactive_file 50\n',
    'pids.current': '3\n', 'pids.max': '100\n', 'io.stat': '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n259:1 \n',
  })
  expect(await readStats({ version: 2, directory: () => directory }, 1 << 30)).toEqual({
    cpu: { total: 1e6, user: 6e5, system: 4e5, periods: 10, throttledPeriods: 2, throttledTime: 30_000 },
    memory: { usage: 4096, limit: 1 << 30, inactiveFile: 50, maxUsage: 8192, failcnt: 7, stats: { anon: 100, inactive_file: 50 } },
    pids: { current: 3, limit: 100 },
    io: expect.arrayContaining([
      { major: 8, minor: 0, op: 'Read', bytes: 1, ios: 3 },
      { major: 8, minor: 0, op: 'Write', bytes: 2, ios: 4 },
    ]) as never,
  })
})

test('counters of v1', async () => {
  const directory = fixture('v1', {
    'cpuacct.usage': '5000000\n', 'cpuacct.stat': 'user 2\nsystem 1\n', 'cpuacct.usage_percpu': '3000000 2000000 \n', 'cpu.stat': 'nr_periods 1\nnr_throttled 1\nthrottled_time 99\n',
    'memory.usage_in_bytes': '4096\n', 'memory.limit_in_bytes': '9223372036854771712\n', 'memory.max_usage_in_bytes': '5000\n', 'memory.failcnt': '0\n', 'memory.stat': 'cache 1\ntotal_inactive_file 20\n',
    'pids.current': '1\n', 'pids.max': 'max\n',
    'blkio.throttle.io_service_bytes_recursive': '8:0 Read 4096\n8:0 Write 0\nTotal 4096\n', 'blkio.throttle.io_serviced_recursive': '8:0 Read 1\nTotal 1\n',
  })
  const cgroup: Cgroup = { version: 1, directory: () => directory }
  expect(await readStats(cgroup, 1 << 30)).toEqual({
    cpu: { total: 5e6, user: 2e7, system: 1e7, perCpu: [3e6, 2e6], periods: 1, throttledPeriods: 1, throttledTime: 99 },
    memory: { usage: 4096, limit: 1 << 30, inactiveFile: 20, maxUsage: 5000, failcnt: 0, stats: { cache: 1, total_inactive_file: 20 } },
    pids: { current: 1 },
    io: [{ major: 8, minor: 0, op: 'Read', bytes: 4096, ios: 1 }, { major: 8, minor: 0, op: 'Write', bytes: 0, ios: 0 }],
  })
})

test('what the host cannot tell is undefined', async () => {
  const empty = { cpu: undefined, memory: undefined, pids: undefined, io: [] }
  expect(await readStats(undefined, 1)).toEqual(empty)
  expect(await readStats({ version: 2, directory: () => join(root, 'gone') }, 1)).toEqual(empty)
  expect(await readStats({ version: 1, directory: () => undefined }, 1)).toEqual(empty)
})
