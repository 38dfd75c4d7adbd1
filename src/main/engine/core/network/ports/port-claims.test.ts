import { expect, test } from 'vitest'
import type { PortBinding } from '../sandbox.ts'
import type { Occupation } from './free-port.ts'
import { createPortClaims } from './port-claims.ts'

const tcp = (containerPort: number, hostPort?: PortBinding['hostPort'], hostIp = ''): PortBinding => ({ protocol: 'tcp', containerPort, hostIp, hostPort })
const open = (busy: Record<string, Occupation> = {}) => createPortClaims({ probe: async (_protocol, address, port) => busy[`${address}:${port}`] ?? 'free', range: async () => ({ first: 100, last: 102 }) })

test('no address means all, IPv4 and IPv6, with the same port', async () => {
  expect((await open().claim('a', [tcp(80, 8080)])).map(({ hostIp, hostPort }) => `${hostIp} ${hostPort}`)).toEqual(['0.0.0.0 8080', ':: 8080'])
  expect(await open({ ':::8080': 'no-such-address' }).claim('a', [tcp(80, 8080)])).toHaveLength(1)
})

test('two containers cannot have the same port unless their addresses are apart', async () => {
  const claims = open()
  await claims.claim('a', [tcp(80, 8080, '127.0.0.1')])
  await expect(claims.claim('b', [tcp(80, 8080)])).rejects.toMatchObject({ code: 'conflict', reason: 'port-allocated', message: 'Bind for 0.0.0.0:8080 failed: port is already allocated', field: 'ports[0].hostPort' })
  await claims.claim('b', [tcp(80, 8080, '127.0.0.2'), tcp(80, 8080, '::1'), { ...tcp(80, 8080), protocol: 'udp' }])
})

test('two at the same moment: one of them gets it', async () => {
  const claims = open()
  const results = await Promise.allSettled([claims.claim('a', [tcp(80, 8080)]), claims.claim('b', [tcp(80, 8080)])])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})

test('what fails half way claims nothing', async () => {
  const claims = open({ '0.0.0.0:8081': 'taken' })
  await expect(claims.claim('a', [tcp(80, 8080), tcp(81, 8081)])).rejects.toMatchObject({ field: 'ports[1].hostPort', hint: expect.stringContaining('Another program') })
  expect(await claims.claim('b', [tcp(80, 8080)])).toHaveLength(2)
})

test('ranges and random ports: the first that is free, going round', async () => {
  const claims = open({ '0.0.0.0:8000': 'taken' })
  expect((await claims.claim('a', [tcp(80, [8000, 8002])]))[0]!.hostPort).toBe(8001)
  expect((await claims.claim('b', [tcp(80, [8000, 8002])]))[0]!.hostPort).toBe(8002)
  await expect(claims.claim('c', [tcp(80, [8000, 8002])])).rejects.toMatchObject({ reason: 'port-allocated' })
  const random = await claims.claim('d', [tcp(1), tcp(2), tcp(3)])
  expect(new Set(random.map(({ hostPort }) => hostPort))).toEqual(new Set([100, 101, 102]))
  await expect(claims.claim('e', [tcp(1)])).rejects.toMatchObject({ reason: 'port-allocated' })
  claims.release(random)
  expect((await claims.claim('e', [tcp(1)]))[0]!.hostPort).toBe(100)
})

test('a random port is none that the same container wants by its number', async () => {
  const mappings = await open().claim('a', [tcp(1), tcp(2, [100, 101]), tcp(3, 100)])
  expect(mappings.filter(({ hostIp }) => hostIp === '::').map(({ containerPort, hostPort }) => [containerPort, hostPort])).toEqual([[1, 102], [2, 101], [3, 100]])
})

test('ports that one has are kept, or may be swapped, and come back when the change is refused', async () => {
  const claims = open({ '0.0.0.0:9999': 'taken', '0.0.0.0:1': 'not-permitted' })
  const before = await claims.claim('a', [tcp(80, 8080), tcp(81, 8081), tcp(82)])
  const swapped = await claims.claim('a', [tcp(80, 8081), tcp(81, 8080), tcp(82)], before)
  expect(swapped.filter(({ hostIp }) => hostIp === '::').map(({ containerPort, hostPort }) => [containerPort, hostPort])).toEqual([[80, 8081], [81, 8080], [82, before[4]!.hostPort]])
  await expect(claims.claim('a', [tcp(80, 9999)], swapped)).rejects.toMatchObject({ reason: 'port-allocated' })
  await expect(claims.claim('b', [tcp(80, 8080)])).rejects.toMatchObject({ hint: expect.stringContaining('Container a') })
  await expect(claims.claim('a', [tcp(80, 1)], swapped)).rejects.toMatchObject({ code: 'forbidden', reason: 'privileged-port' })
})
