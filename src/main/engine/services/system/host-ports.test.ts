import { expect, test } from 'vitest'
import { hostPorts, type HostPortsNeeds } from './host-ports.ts'

const NOBODY: HostPortsNeeds = { listeners: async () => [], lineage: async (pid) => [pid], publishedPorts: () => [], containersByPid: () => new Map() }
const mapping = { protocol: 'tcp' as const, hostIp: '0.0.0.0', hostPort: 8080, containerPort: 80, containerId: 'web' }

test('a published port is told though nobody listens, and once when the port driver does', async () => {
  const driver = { protocol: 'tcp' as const, address: '0.0.0.0', port: 8080, owner: { pid: 7, program: 'rootlesskit' } }
  const told = [{ address: '0.0.0.0', port: 8080, protocol: 'tcp', containerId: 'web' }]
  expect(await hostPorts({ ...NOBODY, publishedPorts: () => [mapping] })).toEqual(told)
  expect(await hostPorts({ ...NOBODY, publishedPorts: () => [mapping], listeners: async () => [driver] })).toEqual(told)
})

test('a program in the host network belongs to the container that it descends from', async () => {
  const listener = { protocol: 'udp' as const, address: '::', port: 53, owner: { pid: 30, program: 'dns' } }
  const lineages: Record<number, number[]> = { 30: [30, 20, 10, 1] }
  const needs = { ...NOBODY, listeners: async () => [listener], lineage: async (pid: number) => lineages[pid] ?? [], containersByPid: () => new Map([[20, 'resolver']]) }
  expect(await hostPorts(needs)).toEqual([{ address: '::', port: 53, protocol: 'udp', containerId: 'resolver', process: { pid: 30, program: 'dns' } }])
})

test('other programs by port, the unknown without a name, sockets that share an address once', async () => {
  const listeners = [
    { protocol: 'tcp' as const, address: '127.0.0.1', port: 5432, owner: { pid: 5, program: 'postgres' } },
    { protocol: 'tcp' as const, address: '127.0.0.1', port: 5432, owner: { pid: 6, program: 'postgres' } },
    { protocol: 'tcp' as const, address: '::', port: 22, owner: undefined },
  ]
  expect(await hostPorts({ ...NOBODY, listeners: async () => listeners })).toEqual([
    { address: '::', port: 22, protocol: 'tcp' },
    { address: '127.0.0.1', port: 5432, protocol: 'tcp', process: { pid: 5, program: 'postgres' } },
  ])
})
