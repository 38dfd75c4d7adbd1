import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, greet, isUnreachable } from './testing/inside.ts'
import { lookup } from './testing/dns-client.ts'
import { openTestNetworks, sandboxRequest, type TestNetworks } from './testing/test-networks.ts'
import type { EndpointRequest, Sandbox } from '../../core/network/sandbox.ts'

let t: TestNetworks
beforeAll(async () => {
  t = await openTestNetworks()
})
afterAll(async () => {
  await t?.[Symbol.asyncDispose]()
})

const on = (network: string, more: Partial<EndpointRequest> = {}): EndpointRequest => ({ network, aliases: [], ...more })
const addressOn = (sandbox: Sandbox, network: string) => sandbox.endpoints.find(({ networkName }) => networkName === network)!.ipv4!.address
const linksInside = async (sandbox: Sandbox) => (await t.host.run('ip', ['-o', 'link'], { networkNamespace: sandbox.namespacePath })).stdout
const port = 26_000 + Math.floor(Math.random() * 5000)

test('names, aliases, short ids and reverse names resolve on their network, and nowhere else', async () => {
  await t.networks.create({ name: 'names', ipam: { config: [{ subnet: '10.231.0.0/24' }] } })
  await t.networks.create({ name: 'elsewhere' })
  const web = await t.networks.connectSandbox(sandboxRequest('web', { hostname: 'webhost', endpoints: [on('names', { aliases: ['www', 'Shared'] })] }))
  const two = await t.networks.connectSandbox(sandboxRequest('two', { endpoints: [on('names', { aliases: ['shared'], links: [`${web.containerId}:db`] })] }))
  const stranger = await t.networks.connectSandbox(sandboxRequest('stranger', { endpoints: [on('elsewhere')] }))
  const address = addressOn(web, 'names')
  for (const name of ['web', 'webhost', 'WWW', 'web.names', web.containerId.slice(0, 12)]) expect(await lookup(t.host, two.namespacePath, name, 'A'), name).toEqual({ code: 0, addresses: [address] })
  expect((await lookup(t.host, two.namespacePath, 'shared', 'A')).addresses.sort()).toEqual([address, addressOn(two, 'names')].sort())
  expect(await lookup(t.host, two.namespacePath, 'db', 'A')).toEqual({ code: 0, addresses: [address] })
  expect((await lookup(t.host, web.namespacePath, 'db', 'A')).addresses).toEqual([])
  expect(await lookup(t.host, two.namespacePath, 'web', 'AAAA')).toEqual({ code: 0, addresses: [] })
  expect(await lookup(t.host, two.namespacePath, 'web', 'A', { tcp: true })).toEqual({ code: 0, addresses: [address] })
  expect(await lookup(t.host, two.namespacePath, `${address.split('.').reverse().join('.')}.in-addr.arpa`, 'PTR')).toEqual({ code: 0, addresses: ['web.names'] })
  expect((await lookup(t.host, stranger.namespacePath, 'web', 'A')).addresses).toEqual([])
  expect(web.files.resolvConf).toMatch(/^nameserver 127\.0\.0\.11\n(.*\n)?options .*ndots:0/)
  t.networks.renameSandbox(web.containerId, 'renamed')
  expect((await lookup(t.host, two.namespacePath, 'renamed', 'A')).addresses).toEqual([address])
  expect((await lookup(t.host, two.namespacePath, 'web', 'A')).addresses).toEqual([])
  // Containers may have a name server of their own at port 53.
  using _own = await greet(t.host, two.namespacePath, 53, 'mine')
  expect(await ask(t.host, web.namespacePath, addressOn(two, 'names'), 53)).toContain('mine')
  expect((await lookup(t.host, two.namespacePath, 'www', 'A')).addresses).toEqual([address])
})

test('networks are apart; a container may be on several, come and go, and keep its published port', async () => {
  await t.networks.create({ name: 'left' })
  await t.networks.create({ name: 'right' })
  const server = await t.networks.connectSandbox(sandboxRequest('server', { endpoints: [on('left')], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port }] }))
  const client = await t.networks.connectSandbox(sandboxRequest('client', { endpoints: [on('right')] }))
  using _server = await greet(t.host, server.namespacePath, 80, 'served')
  expect(await isUnreachable(t.host, client.namespacePath, addressOn(server, 'left'), 80, 400)).toBe(true)
  const endpoint = await t.networks.connectEndpoint(client.containerId, on('left'))
  expect(endpoint.interfaceName).toBe('eth1')
  expect(await ask(t.host, client.namespacePath, addressOn(server, 'left'), 80)).toContain('served')
  expect((await lookup(t.host, client.namespacePath, 'server', 'A')).addresses).toEqual([addressOn(server, 'left')])
  await expect(t.networks.connectEndpoint(client.containerId, on('left'))).rejects.toMatchObject({ code: 'forbidden', message: 'endpoint with name client already exists in network left' })
  await t.networks.disconnectEndpoint(client.containerId, 'left')
  expect(await linksInside(client)).not.toContain('eth1')
  expect(await isUnreachable(t.host, client.namespacePath, addressOn(server, 'left'), 80, 400)).toBe(true)

  await t.networks.connectEndpoint(server.containerId, on('right'))
  expect(await ask(t.host, undefined, '127.0.0.1', port)).toContain('served')
  await t.networks.disconnectEndpoint(server.containerId, 'left')
  expect(await ask(t.host, undefined, '127.0.0.1', port)).toContain('served')
  expect((await t.host.run('ip', ['route', 'show', 'default'], { networkNamespace: server.namespacePath })).stdout).toContain('dev eth1')
  expect(t.networks.get('left').containers).toEqual([])
  const actions = t.events.filter(({ attributes }) => attributes['container'] === server.containerId).map(({ action, attributes }) => `${action} ${attributes['name']}`)
  expect(actions).toEqual(['connect left', 'connect right', 'disconnect left'])
})

test('an internal network reaches nothing outside and asks nobody for names', async () => {
  await t.networks.create({ name: 'inner', internal: true })
  await t.networks.create({ name: 'outer' })
  const inner = await t.networks.connectSandbox(sandboxRequest('hidden', { endpoints: [on('inner')], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port + 1 }] }))
  const peer = await t.networks.connectSandbox(sandboxRequest('peer', { endpoints: [on('inner')] }))
  const outer = await t.networks.connectSandbox(sandboxRequest('published', { endpoints: [on('outer')], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port + 2 }] }))
  using _inner = await greet(t.host, inner.namespacePath, 80, 'inner')
  using _outer = await greet(t.host, outer.namespacePath, 80, 'outer')
  expect(inner.ports).toEqual([])
  expect((await t.host.run('ip', ['route'], { networkNamespace: inner.namespacePath })).stdout).not.toContain('default')
  expect(await ask(t.host, peer.namespacePath, addressOn(inner, 'inner'), 80)).toContain('inner')
  await t.host.run('ip', ['route', 'add', 'default', 'via', t.networks.get('inner').subnets[0]!.gateway!], { networkNamespace: inner.namespacePath })
  expect(await isUnreachable(t.host, inner.namespacePath, addressOn(outer, 'outer'), 80, 400)).toBe(true)
  expect(await isUnreachable(t.host, inner.namespacePath, t.networks.get('inner').subnets[0]!.gateway!, port + 2, 400)).toBe(true)
  expect(await lookup(t.host, inner.namespacePath, 'example.org', 'A')).toEqual({ code: 3, addresses: [] })
  expect((await lookup(t.host, inner.namespacePath, 'peer', 'A')).addresses).toEqual([addressOn(peer, 'inner')])
})

test('without inter-container communication neighbours are silent, but published ports answer', async () => {
  await t.networks.create({ name: 'quiet', options: { 'com.docker.network.bridge.enable_icc': 'false' } })
  const one = await t.networks.connectSandbox(sandboxRequest('q1', { endpoints: [on('quiet')], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port + 3 }] }))
  const two = await t.networks.connectSandbox(sandboxRequest('q2', { endpoints: [on('quiet')] }))
  using _server = await greet(t.host, one.namespacePath, 80, 'quiet')
  expect(await isUnreachable(t.host, two.namespacePath, addressOn(one, 'quiet'), 80, 400)).toBe(true)
  expect(await ask(t.host, two.namespacePath, t.networks.get('quiet').subnets[0]!.gateway!, port + 3)).toContain('quiet')
})

test('a container cannot take the address or the MAC of another', async () => {
  const { id } = await t.networks.create({ name: 'honest' })
  const victim = await t.networks.connectSandbox(sandboxRequest('victim', { endpoints: [on('honest')], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port + 4 }] }))
  const thief = await t.networks.connectSandbox(sandboxRequest('thief', { endpoints: [on('honest')] }))
  const client = await t.networks.connectSandbox(sandboxRequest('bystander', { endpoints: [on('honest')] }))
  using _victim = await greet(t.host, victim.namespacePath, 80, 'victim')
  using _thief = await greet(t.host, thief.namespacePath, 80, 'thief')
  const address = addressOn(victim, 'honest')
  const inThief = (...args: string[]) => t.host.run('ip', args, { networkNamespace: thief.namespacePath })
  await inThief('addr', 'add', `${address}/16`, 'dev', 'eth0')
  expect(await ask(t.host, undefined, '127.0.0.1', port + 4)).toContain('victim')
  expect(await ask(t.host, undefined, address, 80)).toContain('victim')
  await inThief('link', 'set', 'eth0', 'address', victim.endpoints[0]!.macAddress)
  expect(await isUnreachable(t.host, thief.namespacePath, addressOn(client, 'honest'), 80, 400)).toBe(true)
  expect(await ask(t.host, undefined, address, 80)).toContain('victim')
  expect(t.networks.get(id.slice(0, 12)).containers).toHaveLength(3)
})

test('IPv6: addresses, names and published ports', async () => {
  await t.networks.create({ name: 'six', ipv6: true })
  const server = await t.networks.connectSandbox(sandboxRequest('s6', { endpoints: [on('six')], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: port + 5 }] }))
  const client = await t.networks.connectSandbox(sandboxRequest('c6', { endpoints: [on('six')] }))
  const six = server.endpoints[0]!.ipv6!
  expect(six.address).toMatch(/^fd/)
  expect((await lookup(t.host, client.namespacePath, 's6', 'AAAA')).addresses).toEqual([six.address])
  expect(server.ports.map(({ hostIp }) => hostIp)).toEqual(['0.0.0.0', '::'])
  using _server = await greet(t.host, server.namespacePath, 80, 'six', '::')
  expect(await ask(t.host, client.namespacePath, six.address, 80)).toContain(client.endpoints[0]!.ipv6!.address)
  expect(await ask(t.host, undefined, six.gateway!, port + 5)).toContain('six')
})

test('no container can announce itself as a router, and without IPv6 there are no link-local addresses to get around by', async () => {
  await t.networks.create({ name: 'deaf6', ipv6: true })
  const sandbox = await t.networks.connectSandbox(sandboxRequest('deaf', { endpoints: [on('bridge'), on('deaf6')] }))
  const six = `br-${t.networks.get('deaf6').id.slice(0, 12)}`
  const setting = async (name: string, networkNamespace?: string) => (await t.host.run('cat', [`/proc/sys/net/ipv6/conf/${name}`], { networkNamespace })).stdout.trim()
  expect(await setting(`${six}/accept_ra`)).toBe('0')
  for (const name of ['eth0', 'eth1']) expect(await setting(`${name}/accept_ra`, sandbox.namespacePath)).toBe('0')
  expect((await t.host.run('ip', ['-6', 'addr', 'show', 'dev', `slipway-${t.instance}`])).stdout).toBe('')
  expect((await t.host.run('ip', ['-6', 'addr', 'show', 'dev', 'eth0'], { networkNamespace: sandbox.namespacePath })).stdout).toBe('')
})

test('host mode and none: files of the host; a stack with loopback alone', async () => {
  const files = await t.networks.hostModeFiles({ hostname: 'h', dns: { servers: ['192.0.2.53'], search: ['corp.example'], options: [] }, extraHosts: ['db:10.0.0.9'] })
  expect(files.hosts).toMatch(/10\.0\.0\.9\tdb\n$/)
  expect(files.resolvConf).toBe('nameserver 192.0.2.53\nsearch corp.example\n')
  const none = await t.networks.connectSandbox(sandboxRequest('alone', { kind: 'none', endpoints: [] }))
  expect((await linksInside(none)).trim().split('\n')).toHaveLength(1)
  expect(none.endpoints).toEqual([])
})

test('macvlan: containers reach each other on the parent, with addresses of its subnet', async () => {
  const parent = `mv${t.instance}`
  await t.host.run('ip', ['link', 'add', parent, 'type', 'veth', 'peer', 'name', `${parent}b`])
  try {
    for (const name of [parent, `${parent}b`]) await t.host.run('ip', ['link', 'set', name, 'up'])
    await expect(t.networks.create({ name: 'nowhere', driver: 'macvlan', options: { parent: 'absent0' } })).rejects.toMatchObject({ reason: 'no-parent' })
    await t.networks.create({ name: 'mac', driver: 'macvlan', options: { parent }, ipam: { config: [{ subnet: '10.232.5.0/24', gateway: '10.232.5.1' }] } })
    const one = await t.networks.connectSandbox(sandboxRequest('m1', { endpoints: [on('mac')] }))
    const two = await t.networks.connectSandbox(sandboxRequest('m2', { endpoints: [on('mac', { ipv4: '10.232.5.40', macAddress: '02:00:5E:00:00:01' })] }))
    using _server = await greet(t.host, two.namespacePath, 80, 'macvlan')
    expect(await ask(t.host, one.namespacePath, '10.232.5.40', 80)).toContain('macvlan')
    expect(await linksInside(two)).toContain('02:00:5e:00:00:01')
    expect((await lookup(t.host, one.namespacePath, 'm2', 'A')).addresses).toEqual(['10.232.5.40'])
  } finally {
    await t.host.run('ip', ['link', 'del', parent])
  }
})

test('ipvlan: a network is made as asked for; its containers reach each other, or hear that the kernel has none', async () => {
  const parent = `iv${t.instance}`
  await t.host.run('ip', ['link', 'add', parent, 'type', 'veth', 'peer', 'name', `${parent}b`])
  try {
    for (const name of [parent, `${parent}b`]) await t.host.run('ip', ['link', 'set', name, 'up'])
    await expect(t.networks.create({ name: 'ipv', driver: 'ipvlan', options: { ipvlan_mode: 'l4' } })).rejects.toThrow("requested ipvlan mode 'l4' is not valid")
    await expect(t.networks.create({ name: 'ipv', driver: 'ipvlan', options: { parent: 'absent0' } })).rejects.toMatchObject({ reason: 'no-parent', message: 'ipvlan: parent interface absent0 not found' })
    for (const [mode, subnet] of [['l2', '10.232.6'], ['l3', '10.232.7']] as const) {
      const network = `ipv-${mode}`
      await t.networks.create({ name: network, driver: 'ipvlan', options: { parent, ipvlan_mode: mode }, ipam: { config: [{ subnet: `${subnet}.0/24`, gateway: `${subnet}.1` }] } })
      await expect(t.networks.connectSandbox(sandboxRequest(`mac-${mode}`, { endpoints: [on(network, { macAddress: '02:00:00:00:00:01' })] }))).rejects.toThrow('do not support custom mac')
      const wish = sandboxRequest(`one-${mode}`, { endpoints: [on(network, { ipv4: `${subnet}.20` })] })
      const refused = await t.networks.connectSandbox(wish).then(() => undefined, (error: unknown) => error)
      if (refused !== undefined) expect(refused).toMatchObject({ reason: 'no-ipvlan', message: 'failed to create the ipvlan port: operation not supported' })
      else {
        const two = await t.networks.connectSandbox(sandboxRequest(`two-${mode}`, { endpoints: [on(network)] }))
        using _server = await greet(t.host, two.namespacePath, 80, mode)
        expect(await ask(t.host, t.networks.findSandbox(wish.containerId)!.namespacePath, addressOn(two, network), 80)).toContain(mode)
        for (const containerId of [wish.containerId, two.containerId]) await t.networks.disconnectSandbox(containerId)
      }
      await t.networks.remove(network)
    }
    expect((await t.host.run('ip', ['-o', 'link'])).stdout).toContain(parent)
  } finally {
    await t.host.run('ip', ['link', 'del', parent])
  }
})
