import { expect, test } from 'vitest'
import type { ContainerPort, ContainerSummary } from '#shared/contract/containers.ts'
import type { PortListener } from '#shared/contract/ports.ts'
import { takenPorts } from '#shared/network/ports.ts'
import { layBoard, ROW, withRange } from './board-model.ts'
import { portForm, portProblems, toRange } from './port-form.ts'
import { addressOf, insideLabel, rangeLabel, rangeUrl } from './range-words.ts'

const port = (hostPort: number | undefined, containerPort: number, hostIp?: string): ContainerPort[] =>
  hostPort === undefined ? [{ containerPort, protocol: 'tcp' }] : (hostIp ? [hostIp] : ['0.0.0.0', '::']).map((ip) => ({ containerPort, protocol: 'tcp', hostIp: ip, hostPort }))
const container = (name: string, ports: ContainerPort[], more: Partial<ContainerSummary> = {}): ContainerSummary => ({ id: name, name, image: 'x', imageId: 'x', command: '', createdAt: 0, state: { status: 'running' }, statusText: '', ports, mounts: [], networks: [{ network: 'bridge' }], labels: {}, ...more })
const listeners: PortListener[] = [
  { ip: '0.0.0.0', port: 22, protocol: 'tcp', process: 'sshd', pid: 1 },
  { ip: '::', port: 22, protocol: 'tcp', process: 'sshd', pid: 1 },
  { ip: '0.0.0.0', port: 8080, protocol: 'tcp', container: 'web' },
  { ip: '127.0.0.1', port: 9000, protocol: 'tcp' },
]
const web = container('web', [...port(8080, 80), ...port(undefined, 443)])
const db = container('db', port(5432, 5432, '127.0.0.1'))

test('the board: host ports in order with their owners, container ports beside them, a line for each mapping', () => {
  const board = layBoard([web, db, container('gone', [], { state: { status: 'exited', code: 0 } }), container('mode', [], { networkMode: 'host' })], listeners)
  expect(board.host.map(({ port: number, owner }) => [number, owner.kind === 'container' ? owner.name : owner.name])).toEqual([[22, 'sshd'], [5432, 'db'], [8080, 'web'], [9000, undefined]])
  expect(board.groups.map(({ container: { name }, rows }) => [name, rows.map(({ containerPort, range }) => [containerPort, range !== undefined])])).toEqual([['db', [[5432, true]]], ['web', [[80, true], [443, false]]]])
  expect(board.lines.map(({ container: id }) => id)).toEqual(['db', 'web'])
  for (const rows of [board.host, board.groups.flatMap(({ rows: each }) => each)]) rows.slice(1).forEach((row, index) => expect(row.y).toBeGreaterThanOrEqual(rows[index]!.y + ROW))
  const line = board.lines.find(({ container: id }) => id === 'web')
  expect(line?.from).toBe(line?.to)
})

test('who has which port: nothing of ours is told twice', () => {
  expect(takenPorts([web], listeners).map(({ port: number, owner }) => `${number} ${owner}`)).toEqual(['8080 web', '22 sshd', '22 sshd', '9000 undefined'])
})

test('ranges are one row until they are opened', () => {
  const many = container('many', Array.from({ length: 5 }, (_, index) => port(8000 + index, 9000 + index)).flat())
  expect(layBoard([many], []).host).toHaveLength(1)
  const key = layBoard([many], []).host[0]!.key
  expect(layBoard([many], [], (each) => each === key).host.map(({ port: number }) => number)).toEqual([8000, 8001, 8002, 8003, 8004])
})

test('a mapping in place of another; the rest stays', () => {
  const current = [{ containerPort: 80, protocol: 'tcp' as const, hostPort: 8080 }, { containerPort: 443, protocol: 'tcp' as const, hostPort: 8443 }]
  const from = { first: current[0]!, count: 1 }
  expect(withRange(current, from, { first: { ...current[0]!, hostPort: 9090 }, count: 1 })).toEqual([current[1], { containerPort: 80, protocol: 'tcp', hostPort: 9090 }])
  expect(withRange(current, from, undefined)).toEqual([current[1]])
  expect(withRange(current, undefined, from)).toEqual(current)
  expect(withRange([], undefined, { first: { containerPort: 1, protocol: 'tcp', hostPort: 10 }, count: 3 }).map(({ hostPort, containerPort }) => `${hostPort}:${containerPort}`)).toEqual(['10:1', '11:2', '12:3'])
})

test('a form says what is wrong while it is typed, and what is free', () => {
  const taken = takenPorts([web, db], listeners)
  const form = { hostIp: '', hostPort: '8080', containerPort: '80', protocol: 'tcp' as const }
  expect(portProblems(form, 1, taken)).toEqual({ hostPort: { key: 'taken', owner: 'web', port: 8080, free: 8081 } })
  expect(portProblems({ ...form, protocol: 'udp' }, 1, taken)).toEqual({})
  expect(portProblems({ ...form, hostPort: '5432', hostIp: '127.0.0.2' }, 1, taken)).toEqual({})
  expect(portProblems({ ...form, hostPort: '' }, 1, taken)).toEqual({})
  expect(portProblems({ ...form, hostPort: '0', containerPort: '', hostIp: 'x' }, 1, taken)).toEqual({ hostPort: { key: 'port' }, containerPort: { key: 'required' }, hostIp: { key: 'address' } })
  expect(portProblems({ ...form, hostPort: '8075' }, 10, taken)).toEqual({ hostPort: { key: 'taken', owner: 'web', port: 8080, free: undefined } })
  expect(portProblems({ ...form, hostPort: '65530' }, 10, taken).hostPort).toEqual({ key: 'rangeEnd' })
  expect(toRange(portForm({ first: { containerPort: 80, protocol: 'tcp', hostIp: '::1', hostPort: 1 }, count: 2 }), 2)).toEqual({ first: { containerPort: 80, protocol: 'tcp', hostIp: '::1', hostPort: 1 }, count: 2 })
})

test('words: both sides of a range, what to type, what opens in a browser', () => {
  const range = { first: { containerPort: 80, protocol: 'tcp' as const, hostPort: 8000 }, count: 11 }
  expect([rangeLabel(range), insideLabel(range), rangeUrl(range)]).toEqual(['8000–8010', '80–90', undefined])
  expect(rangeUrl({ first: { containerPort: 443, protocol: 'tcp', hostIp: '::1', hostPort: 8443 }, count: 1 })).toBe('https://[::1]:8443/')
  expect([addressOf({ hostPort: 80 }), addressOf({ hostIp: '127.0.0.1', hostPort: 80 })]).toEqual(['localhost:80', '127.0.0.1:80'])
  expect(rangeLabel({ first: { containerPort: 53, protocol: 'udp', hostPort: 53 }, count: 1 })).toBe('53/udp')
})
