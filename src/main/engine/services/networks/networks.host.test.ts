import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer } from 'node:net'
import { ask, askUdp, greet, isUnreachable, udpSocket } from './testing/inside.ts'
import { lookup } from './testing/dns-client.ts'
import { openTestNetworks, sandboxRequest, type TestNetworks } from './testing/test-networks.ts'

let t: TestNetworks
/** Below the range from which the kernel takes ports by itself, and apart from other runs. */
const base = 21_000 + Math.floor(Math.random() * 5000)
const port = (offset: number) => base + offset
beforeAll(async () => {
  t = await openTestNetworks()
})
afterAll(async () => {
  await t?.[Symbol.asyncDispose]()
})

const bridgeSubnet = () => t.networks.get('bridge').subnets[0]!
const addressOf = (sandbox: { endpoints: { ipv4?: { address: string } }[] }, index = 0) => sandbox.endpoints[index]!.ipv4!.address

test('containers of one network reach each other and the host; after disconnecting nothing is left', async () => {
  const one = await t.networks.connectSandbox(sandboxRequest('one'))
  const two = await t.networks.connectSandbox(sandboxRequest('two'))
  {
    using _server = await greet(t.host, one.namespacePath, 80, 'one')
    expect(await ask(t.host, two.namespacePath, addressOf(one), 80)).toBe(`one to ${addressOf(two)}`)
    expect(await ask(t.host, undefined, addressOf(one), 80)).toBe(`one to ${bridgeSubnet().gateway}`)
  }
  expect(t.networks.get('bridge').containers.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(one.files.hosts).toContain(`${addressOf(one)}\tone`)
  await t.networks.disconnectSandbox(one.containerId)
  await t.networks.disconnectSandbox(one.containerId)
  await t.networks.disconnectSandbox(two.containerId)
  expect(t.networks.get('bridge').containers).toEqual([])
  await expect.poll(async () => (await t.host.run('ip', ['-o', 'link', 'show', 'master', `slipway-${t.instance}`])).stdout, { timeout: 10_000 }).toBe('')
  expect((await t.host.run('ip', ['-o', 'neigh', 'show', 'dev', `slipway-${t.instance}`])).stdout).toBe('')
})

test('a published port answers on loopback, on the address of the host, to itself and to others; the port is refused to a second container', async () => {
  const binding = { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port(0) } as const
  const server = await t.networks.connectSandbox(sandboxRequest('server', { ports: [binding] }))
  const other = await t.networks.connectSandbox(sandboxRequest('other'))
  using _greeting = await greet(t.host, server.namespacePath, 80, 'hello')
  const gateway = bridgeSubnet().gateway!
  expect(await ask(t.host, undefined, '127.0.0.1', port(0))).toContain('hello')
  expect(await ask(t.host, undefined, gateway, port(0))).toContain('hello')
  expect(await ask(t.host, other.namespacePath, gateway, port(0))).toContain('hello')
  expect(await ask(t.host, server.namespacePath, gateway, port(0))).toContain('hello')
  await expect(t.networks.reservePorts('x', [binding])).rejects.toMatchObject({ code: 'conflict', reason: 'port-allocated', message: `Bind for 0.0.0.0:${port(0)} failed: port is already allocated`, field: 'ports[0].hostPort' })
  await expect(t.networks.connectSandbox(sandboxRequest('late', { ports: [{ ...binding, hostIp: '127.0.0.1' }] }))).rejects.toMatchObject({ reason: 'port-allocated' })
  await t.networks.disconnectSandbox(server.containerId)
  const again = await t.networks.connectSandbox(sandboxRequest('again', { ports: [binding] }))
  using _second = await greet(t.host, again.namespacePath, 80, 'again')
  expect(await ask(t.host, undefined, '127.0.0.1', port(0))).toContain('again')
})

test('a port that another program has is refused before anything is made', async () => {
  const program = createServer()
  await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve))
  const { port } = program.address() as { port: number }
  try {
    await expect(t.networks.reservePorts('y', [{ protocol: 'tcp', containerPort: 1, hostIp: '', hostPort: port }])).rejects.toMatchObject({ reason: 'port-allocated' })
    const [mapping] = (await t.networks.reservePorts('y', [{ protocol: 'tcp', containerPort: 1, hostIp: '127.0.0.1', hostPort: [port, port + 50] }])).mappings
    expect(mapping!.hostPort).toBeGreaterThan(port)
  } finally {
    program.close()
  }
})

test('from outside: published ports keep the client address; loopback ports, container addresses and other networks stay closed', async () => {
  const lan = `${t.namespaces}/lan`
  t.host.syscalls.createNetworkNamespace(lan)
  const link = `lan${t.instance}`
  try {
    await t.host.run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', lan])
    await t.host.run('ip', ['addr', 'add', '10.254.77.1/24', 'dev', link])
    await t.host.run('ip', ['link', 'set', link, 'up'])
    for (const args of [['addr', 'add', '10.254.77.2/24', 'dev', 'eth0'], ['link', 'set', 'eth0', 'up'], ['route', 'add', 'default', 'via', '10.254.77.1']]) await t.host.run('ip', args, { networkNamespace: lan })
    const open = { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port(1) } as const
    const closed = { protocol: 'tcp', containerPort: 81, hostIp: '127.0.0.1', hostPort: port(2) } as const
    const server = await t.networks.connectSandbox(sandboxRequest('exposed', { ports: [open, closed] }))
    using _open = await greet(t.host, server.namespacePath, 80, 'open')
    using _closed = await greet(t.host, server.namespacePath, 81, 'closed')
    expect(await ask(t.host, lan, '10.254.77.1', port(1))).toBe('open to 10.254.77.2')
    expect(await ask(t.host, undefined, '127.0.0.1', port(2))).toContain('closed')
    expect(await isUnreachable(t.host, lan, '10.254.77.1', port(2), 500)).toBe(true)
    expect(await isUnreachable(t.host, lan, addressOf(server), 80, 500)).toBe(true)
    expect(await isUnreachable(t.host, server.namespacePath, '127.0.0.1', port(1), 500)).toBe(true)
    // Out: with the host's address.
    using _world = await greet(t.host, lan, 9000, 'world')
    expect(await ask(t.host, server.namespacePath, '10.254.77.2', 9000)).toBe('world to 10.254.77.1')
  } finally {
    await t.host.run('ip', ['link', 'del', link], { allowFailure: true })
    t.host.syscalls.unmount(lan, { detach: true })
    await (await import('node:fs/promises')).unlink(lan)
  }
})

test('UDP follows a changed mapping at once, while the client keeps its socket', async () => {
  const binding = { protocol: 'udp', containerPort: 53, hostIp: '127.0.0.1', hostPort: port(53) } as const
  const first = await t.networks.connectSandbox(sandboxRequest('udp1', { ports: [binding] }))
  const server = await udpSocket(t.host, first.namespacePath, 53)
  server.on('message', (message, client) => server.send(`first ${message.toString()}`, client.port, client.address))
  const client = await udpSocket(t.host, undefined)
  expect((await askUdp(client, '127.0.0.1', port(53), 'hi')).toString()).toBe('first hi')
  server.close()
  await t.networks.disconnectSandbox(first.containerId)
  const second = await t.networks.connectSandbox(sandboxRequest('udp2', { ports: [binding] }))
  const replacement = await udpSocket(t.host, second.namespacePath, 53)
  replacement.on('message', (message, from) => replacement.send(`second ${message.toString()}`, from.port, from.address))
  expect((await askUdp(client, '127.0.0.1', port(53), 'hi')).toString()).toBe('second hi')
  client.close()
  replacement.close()
})

test('ports of a running container change live; an open connection on one that stays is not cut', async () => {
  const bindings = [8080, 8081].map((containerPort) => ({ protocol: 'tcp' as const, containerPort, hostIp: '', hostPort: port(containerPort - 8000) }))
  const sandbox = await t.networks.connectSandbox(sandboxRequest('live', { ports: bindings }))
  using _a = await greet(t.host, sandbox.namespacePath, 8080, 'a')
  using _b = await greet(t.host, sandbox.namespacePath, 8081, 'b')
  const ports = await t.networks.updatePorts(sandbox.containerId, [bindings[0]!, { ...bindings[1]!, hostPort: port(99) }])
  expect(ports.map(({ hostPort }) => hostPort)).toEqual([port(80), port(99)])
  expect(await ask(t.host, undefined, '127.0.0.1', port(80))).toContain('a to')
  expect(await ask(t.host, undefined, '127.0.0.1', port(99))).toContain('b to')
  expect(await isUnreachable(t.host, undefined, '127.0.0.1', port(81), 500)).toBe(true)
  // Two containers' ports swapped onto each other's targets in one step.
  await t.networks.updatePorts(sandbox.containerId, [{ ...bindings[0]!, hostPort: port(99) }, { ...bindings[1]!, hostPort: port(80) }])
  expect(await ask(t.host, undefined, '127.0.0.1', port(80))).toContain('b to')
  await expect(t.networks.updatePorts(sandbox.containerId, [{ ...bindings[0]!, hostPort: port(81), hostIp: '203.0.113.9' }])).rejects.toMatchObject({ reason: 'no-such-address' })
  expect(await ask(t.host, undefined, '127.0.0.1', port(99))).toContain('a to')
})

test('five thousand ports in one go', async () => {
  const ports = Array.from({ length: 5000 }, (_, index) => ({ protocol: 'tcp' as const, containerPort: 1000 + index, hostIp: '127.0.0.1', hostPort: port(100 + index) }))
  const sandbox = await t.networks.connectSandbox(sandboxRequest('many', { ports }))
  using _last = await greet(t.host, sandbox.namespacePath, 5999, 'last')
  expect(await ask(t.host, undefined, '127.0.0.1', port(5099))).toContain('last')
  await t.networks.disconnectSandbox(sandbox.containerId)
})

test('rules that another program flushed come back by themselves', async () => {
  const binding = { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port(200) } as const
  const sandbox = await t.networks.connectSandbox(sandboxRequest('flushed', { ports: [binding] }))
  using _server = await greet(t.host, sandbox.namespacePath, 80, 'still here')
  const table = `slipway-${t.instance}`
  for (const args of [['delete', 'table', 'inet', table], ['flush', 'chain', 'inet', table, 'raw']]) {
    const before = t.log.length
    await t.host.run('nft', args)
    await expect.poll(() => t.log.length, { timeout: 15_000 }).toBeGreaterThan(before)
    await expect.poll(async () => (await t.host.run('nft', ['list', 'chain', 'inet', table, 'raw'], { allowFailure: true })).stdout, { timeout: 15_000 }).toContain('127.0.0.0/8 drop')
    expect(await ask(t.host, undefined, '127.0.0.1', port(200))).toContain('still here')
  }
})

test('an engine that was killed is followed by one that knows everything; what dead containers left is removed', async () => {
  const binding = { protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port(201) } as const
  const { id } = await t.networks.create({ name: 'lasting' })
  const endpoints = [{ network: 'lasting', aliases: [] }]
  const alive = await t.networks.connectSandbox(sandboxRequest('alive', { endpoints, ports: [binding] }))
  const dead = await t.networks.connectSandbox(sandboxRequest('dead', { endpoints }))
  const again = await t.restart([alive.containerId])
  expect(again.get('lasting')).toMatchObject({ id, containers: [{ name: 'alive' }] })
  expect(again.findSandbox(dead.containerId)).toBeUndefined()
  using _server = await greet(t.host, alive.namespacePath, 80, 'survived')
  expect(await ask(t.host, undefined, '127.0.0.1', port(201))).toContain('survived')
  await expect(again.reservePorts('z', [binding])).rejects.toMatchObject({ reason: 'port-allocated' })
  const next = await again.connectSandbox(sandboxRequest('next', { endpoints }))
  expect(addressOf(next)).not.toBe(addressOf(alive))
  expect((await lookup(t.host, next.namespacePath, 'alive', 'A')).addresses).toEqual([addressOf(alive)])
  expect((await lookup(t.host, alive.namespacePath, 'next', 'A')).addresses).toEqual([addressOf(next)])
  expect((await lookup(t.host, alive.namespacePath, 'dead', 'A')).addresses).toEqual([])
})

test('a bridge that somebody removed is made again for the next container', async () => {
  await t.host.run('ip', ['link', 'del', `slipway-${t.instance}`])
  const one = await t.networks.connectSandbox(sandboxRequest('after1'))
  const two = await t.networks.connectSandbox(sandboxRequest('after2'))
  using _server = await greet(t.host, one.namespacePath, 80, 'anew')
  expect(await ask(t.host, two.namespacePath, addressOf(one), 80)).toContain('anew')
  expect(await ask(t.host, undefined, addressOf(one), 80)).toContain('anew')
})
