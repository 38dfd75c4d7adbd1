import { expect, test } from 'vitest'
import fc from 'fast-check'
import { readAge } from './age.ts'
import { readContainer } from './container.ts'
import { touchedBy } from './event.ts'
import { readImageDetail } from './image.ts'
import { createLineReader } from './log-lines.ts'
import { demultiplex } from './stdcopy.ts'
import { stdcopyFrame, wireContainer } from '../testing/fake-engine.ts'
import { readSample } from '../stats.ts'
import { readStep } from '../pull.ts'

test.each([
  ['Up 5 minutes', 300],
  ['Up 5 minutes (healthy)', 300],
  ['Up About an hour', 3600],
  ['Up About a minute (Paused)', 60],
  ['Up Less than a second', 0],
  ['Exited (137) 2 weeks ago', 1_209_600],
])('%s is %i seconds ago', (words, seconds) => {
  expect(readAge(words, 10_000_000_000)).toBe(10_000_000_000 - seconds * 1000)
})

test('a row of the list, with what is told only in words', () => {
  const container = readContainer(
    wireContainer('a', {
      Names: ['/other/alias', '/web'],
      Status: 'Up 1 second (health: starting)',
      Ports: [{ PrivatePort: 443, Type: 'tcp' }, { IP: '::', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }, { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' }],
      Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
      NetworkSettings: { Networks: { bridge: { NetworkID: 'n1', IPAddress: '172.17.0.2', Aliases: null } } },
      Mounts: [{ Type: 'volume', Name: 'data', Source: '/var/lib', Destination: '/data', RW: false }],
    }),
    5_000,
  )
  expect(container).toMatchObject({
    name: 'web',
    state: { status: 'running', startedAt: 4_000, health: 'starting' },
    ports: [{ containerPort: 80, hostIp: '::', hostPort: 8080 }, { containerPort: 80, hostIp: '0.0.0.0', hostPort: 8080 }, { containerPort: 443 }],
    compose: { project: 'shop', service: 'web' },
    networks: [{ network: 'bridge', networkId: 'n1', ipv4: '172.17.0.2' }],
    mounts: [{ kind: 'volume', source: 'data', target: '/data', readOnly: true }],
  })
})

test('exposed ranges of an image are its ports', () => {
  const { defaults } = readImageDetail({ Id: 'i', Size: 1, Config: { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000-8002': {}, nonsense: {} } } })
  expect(defaults.exposedPorts.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`)).toEqual(['80/tcp', '53/udp', '8000/tcp', '8001/tcp', '8002/tcp'])
})

test.each([
  ['container', 'die', {}, [{ noun: 'container', id: 'x', gone: false }]],
  ['container', 'health_status: healthy', {}, [{ noun: 'container', id: 'x', gone: false }]],
  ['container', 'exec_start: sh', {}, []],
  ['container', 'destroy', {}, [{ noun: 'container', id: 'x', gone: true }]],
  ['network', 'connect', { container: 'web' }, [{ noun: 'container', id: 'web', gone: false }]],
  ['network', 'destroy', {}, [{ noun: 'network', id: 'x', gone: true }]],
  ['volume', 'mount', {}, []],
  ['image', 'untag', {}, [{ noun: 'image', id: 'x', gone: false }]],
  ['image', 'delete', {}, [{ noun: 'image', id: 'x', gone: false }]],
  ['builder', 'prune', {}, []],
])('%s %s touches what it changes', (Type, Action, Attributes, touched) => {
  expect(touchedBy({ Type, Action, Actor: { ID: 'x', Attributes: { ...Attributes } }, time: 1 })).toEqual(touched)
})

// As podman 5.4 tells them.
test.each([
  ['container', 'remove', 'c1', { name: 'web' }, [{ noun: 'container', id: 'c1', gone: true }]],
  ['network', 'connect', 'c1', { name: 'web', network: 'shop' }, [{ noun: 'container', id: 'c1', gone: false }]],
  ['network', 'remove', 'n1', { name: '', network: 'shop' }, [{ noun: 'network', id: 'n1', gone: true }]],
  ['volume', 'create', '', { name: 'data' }, [{ noun: 'volume', id: 'data', gone: false }]],
  ['volume', 'remove', '', { name: 'data' }, [{ noun: 'volume', id: 'data', gone: true }]],
])('Podman: %s %s touches what it changes', (Type, Action, ID, Attributes, touched) => {
  expect(touchedBy({ Type, Action, Actor: { ID, Attributes: { ...Attributes } as Record<string, string> }, time: 1 })).toEqual(touched)
})

async function* cut(bytes: Buffer, sizes: number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

test('a multiplexed log gives the same lines however it is cut on the way', async () => {
  const written = [stdcopyFrame('stdout', 't1 héllo\nt2 wor'), stdcopyFrame('stderr', 't3 oh\r\n'), stdcopyFrame('stdout', ''), stdcopyFrame('stdout', 'ld\nt4 end')]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
      const reader = createLineReader()
      const lines = []
      for await (const chunks of demultiplex(cut(Buffer.concat(written), sizes))) lines.push(...chunks.flatMap(reader.read))
      lines.push(...reader.end())
      expect(lines.filter(({ stream }) => stream === 'stdout').map(({ at, text }) => [at, text])).toEqual([['t1', 'héllo'], ['t2', 'world'], ['t4', 'end']])
      expect(lines.filter(({ stream }) => stream === 'stderr')).toEqual([{ at: 't3', stream: 'stderr', text: 'oh' }])
    }),
  )
})

test('a sample: share of all processors, memory without the cache that can be given back', () => {
  const cpu = (total: number, system: number) => ({ cpu_usage: { total_usage: total }, system_cpu_usage: system, online_cpus: 2 })
  const sample = readSample({
    read: '2026-01-01T00:00:00Z',
    cpu_stats: cpu(150, 1200),
    precpu_stats: cpu(100, 1000),
    memory_stats: { usage: 100, limit: 1000, stats: { inactive_file: 30 } },
    networks: { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } },
    blkio_stats: { io_service_bytes_recursive: [{ op: 'Read', value: 5 }, { op: 'write', value: 7 }] },
    pids_stats: { current: 3 },
  })
  expect(sample).toMatchObject({ cpuPercent: 50, memoryBytes: 70, memoryLimitBytes: 1000, networkReceivedBytes: 11, networkSentBytes: 22, blockReadBytes: 5, blockWrittenBytes: 7, pids: 3 })
})

test('a status is a phase only by its own name', () => {
  expect(readStep({ status: 'constructor', id: 'a' })).toEqual({ kind: 'message', text: 'a: constructor' })
  expect(readStep({ status: 'Extracting', id: 'a', progressDetail: { current: 1, total: 2 } })).toEqual({ kind: 'layer', id: 'a', phase: 'extracting', current: 1, total: 2 })
})
