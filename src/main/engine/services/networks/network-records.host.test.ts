import { unlink } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { forwardObstacles } from '../../core/network/firewall/obstacles.ts'
import { askUdp, udpSocket } from './testing/inside.ts'
import { lookup } from './testing/dns-client.ts'
import { openTestNetworks, sandboxRequest, type TestNetworks } from './testing/test-networks.ts'

let t: TestNetworks
beforeAll(async () => {
  t = await openTestNetworks()
})
afterAll(async () => {
  await t?.[Symbol.asyncDispose]()
})
const bridges = async () => (await t.host.run('ip', ['-o', 'link', 'show', 'type', 'bridge'])).stdout

test('predefined networks are there and cannot be removed', async () => {
  expect(t.networks.list({ type: ['builtin'] }).map(({ name, driver }) => `${name} ${driver}`)).toEqual(['bridge bridge', 'host host', 'none null'])
  for (const name of ['bridge', 'host', 'none']) await expect(t.networks.remove(name)).rejects.toMatchObject({ code: 'forbidden', message: `${name} is a pre-defined network and cannot be removed` })
  await expect(t.networks.create({ name: 'bridge' })).rejects.toMatchObject({ code: 'forbidden', message: 'operation is not permitted on predefined bridge network' })
})

test('create, find by name, id and prefix, list by filters, remove; told by events', async () => {
  const { id } = await t.networks.create({ name: 'blue', labels: { team: 'blue', tier: '' }, ipam: { config: [{ subnet: '10.233.0.0/16', gateway: '10.233.0.9' }] } })
  const { id: other } = await t.networks.create({ name: 'blue-more', internal: true })
  expect([t.networks.get('blue').id, t.networks.get(id).id, t.networks.get(id.slice(0, 6)).id]).toEqual([id, id, id])
  expect(await bridges()).toContain(`br-${id.slice(0, 12)}`)
  expect((await t.host.run('ip', ['-o', '-4', 'addr', 'show', `br-${id.slice(0, 12)}`])).stdout).toContain('10.233.0.9/16')
  const names = (filters: Record<string, string[]>) => t.networks.list(filters).map(({ name }) => name)
  expect(names({ name: ['blue'] })).toEqual(['blue', 'blue-more'])
  expect(names({ label: ['team=blue'] })).toEqual(['blue'])
  expect(names({ label: ['team=red'] })).toEqual([])
  expect(names({ id: [other.slice(0, 10)], driver: ['bridge'] })).toEqual(['blue-more'])
  expect(names({ dangling: ['true'] })).toEqual(['blue', 'blue-more'])
  expect(() => names({ colour: ['x'] })).toThrow("invalid filter 'colour'")
  await expect(t.networks.create({ name: 'blue' })).rejects.toMatchObject({ code: 'already-exists', message: 'network with name blue already exists' })
  await expect(t.networks.create({ name: 'two', ipam: { config: [{ subnet: '10.233.4.0/24' }] } })).rejects.toMatchObject({ message: 'invalid pool request: Pool overlaps with other one on this address space' })
  await t.networks.remove(id.slice(0, 8))
  await t.networks.remove('blue-more')
  expect(() => t.networks.get('blue')).toThrow('network blue not found')
  expect(await bridges()).not.toContain(`br-${id.slice(0, 12)}`)
  expect(t.events.filter((event) => event.id === id).map(({ type, action, attributes }) => ({ type, action, attributes }))).toEqual([
    { type: 'network', action: 'create', attributes: { name: 'blue', type: 'bridge' } },
    { type: 'network', action: 'destroy', attributes: { name: 'blue', type: 'bridge' } },
  ])
})

test('names and drivers that cannot be are refused before anything is made', async () => {
  const own = async () => (await bridges()).split('\n').filter((line) => line.includes(`slipway-${t.instance} `)).length
  const before = await own()
  for (const name of ['', ' ', 'a b', 'a\0b', 'a/b', 'x\u202ey', 'n'.repeat(300)]) await expect(t.networks.create({ name }), JSON.stringify(name)).rejects.toMatchObject({ code: 'invalid-argument' })
  await expect(t.networks.create({ name: 'o', driver: 'overlay' })).rejects.toMatchObject({ reason: 'no-swarm' })
  await expect(t.networks.create({ name: 'p', driver: 'weave' })).rejects.toMatchObject({ code: 'not-found', message: 'plugin "weave" not found' })
  await expect(t.networks.create({ name: 'h', driver: 'host' })).rejects.toMatchObject({ code: 'forbidden', message: 'only one instance of "host" network is allowed' })
  for (const bridge of ['a b', '../x', '--help', 'n'.repeat(16)]) await expect(t.networks.create({ name: 'b', options: { 'com.docker.network.bridge.name': bridge } }), bridge).rejects.toMatchObject({ reason: 'invalid-option' })
  await expect(t.networks.create({ name: 'l', options: { 'com.docker.network.bridge.name': 'lo' } })).rejects.toMatchObject({ reason: 'bridge-name-taken' })
  // The kernel refuses the address after the bridge is made.
  await expect(t.networks.create({ name: 'g', ipv6: true, options: { 'com.docker.network.driver.mtu': '100' } })).rejects.toThrow()
  const foreign = `foreign${t.instance}`
  await t.host.run('ip', ['link', 'add', foreign, 'type', 'bridge'])
  try {
    await t.host.run('ip', ['addr', 'add', '10.235.9.9/24', 'dev', foreign])
    await t.networks.create({ name: 'guest', options: { 'com.docker.network.bridge.name': foreign }, ipam: { config: [{ subnet: '10.235.8.0/24' }] } })
    await t.networks.remove('guest')
    expect((await t.host.run('ip', ['-o', 'addr', 'show', foreign])).stdout).toContain('10.235.9.9/24')
  } finally {
    await t.host.run('ip', ['link', 'del', foreign])
  }
  expect((await t.host.run('ip', ['-o', 'link', 'show', 'lo'])).stdout).toContain('LOOPBACK')
  expect(await own()).toBe(before)
})

test('options: name of the bridge, MTU, address that ports are published on', async () => {
  const bridge = `own${t.instance}`
  await t.networks.create({ name: 'tuned', options: { 'com.docker.network.bridge.name': bridge, 'com.docker.network.driver.mtu': '1400', 'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1' } })
  const sandbox = await t.networks.connectSandbox(sandboxRequest('tuned', { endpoints: [{ network: 'tuned', aliases: [] }], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '' }] }))
  expect((await t.host.run('ip', ['-o', 'link', 'show', 'eth0'], { networkNamespace: sandbox.namespacePath })).stdout).toContain('mtu 1400')
  expect(sandbox.ports.map(({ hostIp }) => hostIp)).toEqual(['127.0.0.1'])
  await expect(t.networks.remove('tuned')).rejects.toMatchObject({ code: 'forbidden', message: `error while removing network: network tuned has active endpoints (name:"tuned" id:"${sandbox.containerId.slice(0, 12)}")` })
  await t.networks.disconnectSandbox(sandbox.containerId)
  await t.networks.remove('tuned')
})

test('prune takes what nobody is on and the filters leave', async () => {
  await t.networks.create({ name: 'used' })
  await t.networks.create({ name: 'kept', labels: { keep: 'yes' } })
  await t.networks.create({ name: 'idle' })
  const { containerId } = await t.networks.connectSandbox(sandboxRequest('user', { endpoints: [{ network: 'used', aliases: [] }] }))
  expect(await t.networks.prune({ 'label!': ['keep'], until: ['1h'] })).toEqual([])
  expect(await t.networks.prune({ 'label!': ['keep'] })).toEqual(['idle'])
  await t.networks.disconnectSandbox(containerId)
  await expect(t.networks.prune({ colour: ['red'] })).rejects.toThrow("invalid filter 'colour'")
  await expect(t.networks.prune({ until: ['1h', '2h'] })).rejects.toThrow('more than one until filter specified')
  expect(await t.networks.prune()).toEqual(['used', 'kept'])
})

test('the default bridge knows no addresses or aliases of one’s own', async () => {
  const refused = (more: object, message: unknown) => expect(t.networks.connectSandbox(sandboxRequest('x', { endpoints: [{ network: 'bridge', aliases: [], ...more }] }))).rejects.toMatchObject({ code: 'invalid-argument', message })
  await refused({ ipv4: '172.17.0.9' }, expect.stringContaining('user specified IP address is supported on user defined networks only'))
  await refused({ aliases: ['a'] }, 'invalid endpoint settings:\nnetwork-scoped alias is supported only for containers in user defined networks')
  await t.networks.create({ name: 'fixed', ipam: { config: [{ subnet: '10.234.0.0/24' }] } })
  const wish = (ipv4: string) => t.networks.connectSandbox(sandboxRequest('fixed', { endpoints: [{ network: 'fixed', aliases: [], ipv4 }] }))
  const { containerId } = await wish('10.234.0.77')
  await expect(wish('10.234.0.77')).rejects.toMatchObject({ code: 'forbidden', message: 'Address already in use' })
  await expect(wish('10.99.0.1')).rejects.toThrow('no configured subnet or ip-range contain the IP address 10.99.0.1')
  await t.networks.disconnectSandbox(containerId)
  expect((await wish('10.234.0.77')).endpoints[0]!.macAddress).toBe('02:42:0a:ea:00:4d')
  expect((await t.host.run('ip', ['-o', 'link', 'show', 'type', 'veth'])).stdout.split('\n').filter((line) => line.includes(`br-${t.networks.get('fixed').id.slice(0, 12)}`)).length).toBeLessThanOrEqual(2)
})

test('other names are asked of the user’s servers from inside the sandbox, over UDP and TCP', async () => {
  await t.networks.create({ name: 'resolving' })
  const endpoints = [{ network: 'resolving', aliases: [] }]
  const server = await t.networks.connectSandbox(sandboxRequest('resolver', { endpoints }))
  const socket = await udpSocket(t.host, server.namespacePath, 53)
  socket.on('message', (message, client) => {
    const reply = Buffer.concat([message, Uint8Array.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 203, 0, 113, 7)])
    reply.writeUInt16BE(0x8180, 2)
    reply.writeUInt16BE(1, 6)
    socket.send(reply, client.port, client.address)
  })
  const client = await t.networks.connectSandbox(sandboxRequest('asking', { endpoints, dns: { servers: [server.endpoints[0]!.ipv4!.address], search: ['corp.example'], options: [] } }))
  expect(client.files.resolvConf).toContain('search corp.example')
  expect(await lookup(t.host, client.namespacePath, 'example.org', 'A')).toEqual({ code: 0, addresses: ['203.0.113.7'] })
  expect((await lookup(t.host, client.namespacePath, 'resolver', 'A')).addresses).toEqual([server.endpoints[0]!.ipv4!.address])
  // Nobody listens on TCP there: a definite failure, not silence.
  expect(await lookup(t.host, client.namespacePath, 'example.org', 'A', { tcp: true })).toEqual({ code: 2, addresses: [] })
  const rubbish = await udpSocket(t.host, client.namespacePath)
  expect((await askUdp(rubbish, '127.0.0.11', 53, Buffer.from('12\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff\xff', 'latin1')))[3]! & 0xf).toBe(1)
  rubbish.close()
  socket.close()
})

test('bridges of an engine that is dead are removed by the next one that starts, those of a living one are not', async () => {
  const other = await openTestNetworks()
  await other.networks.create({ name: 'theirs' })
  await t.restart([])
  expect(await bridges()).toContain(`slipway-${other.instance}`)
  await other.abandon()
  await t.restart([])
  expect(await bridges()).not.toContain(`slipway-${other.instance}`)
  expect((await t.host.run('nft', ['list', 'tables'])).stdout).not.toContain(`slipway-${other.instance}`)
  await other[Symbol.asyncDispose]()
})

test('another firewall that drops what is forwarded is found and told', async () => {
  const elsewhere = `${t.namespaces}/obstacle`
  t.host.syscalls.createNetworkNamespace(elsewhere)
  try {
    const there = { syscalls: t.host.syscalls, networkNamespace: elsewhere }
    expect(await forwardObstacles(there)).toEqual([])
    await t.host.run('nft', ['-f', '-'], { networkNamespace: elsewhere, input: 'table ip filter {\n chain FORWARD {\n type filter hook forward priority 0; policy drop;\n }\n chain INPUT {\n type filter hook input priority 0; policy drop;\n }\n}\n' })
    expect(await forwardObstacles(there)).toEqual([expect.stringContaining('ip filter FORWARD')])
  } finally {
    t.host.syscalls.unmount(elsewhere, { detach: true })
    await unlink(elsewhere)
  }
})
