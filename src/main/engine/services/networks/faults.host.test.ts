import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeLinkNamed } from '../../core/network/bridge.ts'
import type { NetworkFault } from '../../core/network/network-fault.ts'
import type { Sandbox } from '../../core/network/sandbox.ts'
import { ask, greet } from './testing/inside.ts'
import { openTestNetworks, sandboxRequest, type TestNetworks } from './testing/test-networks.ts'

let t: TestNetworks
let web: Sandbox
let open: AsyncDisposableStack
const base = 21_000 + Math.floor(Math.random() * 5000)
/** As the engine names its own. */
const stray = `sw${randomBytes(6).toString('hex')}`
const everybody = () => true
const kinds = async () => (await t.networks.faults(everybody)).map(({ kind }) => kind)
const bridgeOf = (network: string) => t.networks.get(network).options['com.docker.network.bridge.name'] ?? `br-${t.networks.get(network).id.slice(0, 12)}`
const reached = () => ask(t.host, undefined, '127.0.0.1', base)
const hostLink = () => t.metadata.collection<{ endpoints: { hostLink: string }[] }>('sandboxes').find(web.containerId)!.endpoints[0]!.hostLink

beforeAll(async () => {
  open = new AsyncDisposableStack()
  t = open.use(await openTestNetworks())
  for (const link of [stray, `st-${t.instance}`]) open.defer(() => removeLinkNamed(t.host, link))
  await t.networks.create({ name: 'apart', ipv6: true, subnets: [{ subnet: 'fd00:d0c:7::/64' }] } as Parameters<typeof t.networks.create>[0])
  web = await t.networks.connectSandbox(sandboxRequest('web', { endpoints: [{ network: 'apart', aliases: [] }], ports: [{ protocol: 'tcp', containerPort: 80, hostIp: '', hostPort: base }] }))
  open.use(await greet(t.host, web.namespacePath, 80, 'here'))
})
afterAll(() => open?.disposeAsync())

test('what is as the records say has no fault', async () => {
  expect(await t.networks.faults(everybody)).toEqual([])
  expect(await reached()).toContain('here')
})

test('many may look at once', async () => {
  expect(await Promise.all(Array.from({ length: 6 }, () => t.networks.faults(everybody)))).toEqual(Array.from({ length: 6 }, () => []))
})

/** What another program, or a person, does to the kernel; what is found of it. The table's guard may be quicker than the look where rules go. */
const damages: [what: string, damage: (t: TestNetworks) => string[][], found: (t: TestNetworks) => Partial<NetworkFault>[]][] = [
  ['a bridge removed', () => [['ip', 'link', 'del', bridgeOf('apart')]], () => [{ kind: 'bridge-gone', network: 'apart', bridge: bridgeOf('apart') }, { kind: 'cable-loose', container: 'web', network: 'apart' }]],
  ['a cable taken out of its bridge', () => [['ip', 'link', 'set', hostLink(), 'nomaster']], () => [{ kind: 'cable-loose', container: 'web', network: 'apart' }]],
  ['a cable removed', () => [['ip', 'link', 'del', hostLink()]], () => [{ kind: 'interface-gone', container: 'web', network: 'apart' }]],
  ['an address taken from a container', () => [['nsenter', `--net=${web.namespacePath}`, 'ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global']], () => [{ kind: 'address-gone', container: 'web', address: web.endpoints[0]!.ipv4!.address }, { kind: 'address-gone', container: 'web', address: web.endpoints[0]!.ipv6!.address }]],
  ['an address taken from a bridge', () => [['ip', 'addr', 'flush', 'dev', bridgeOf('apart'), 'scope', 'global']], () => t.networks.get('apart').subnets.map(({ gateway }) => ({ kind: 'bridge-address-gone' as const, bridge: bridgeOf('apart'), address: gateway! }))],
  ['a published port taken out', ({ instance }) => [['nft', 'delete', 'element', 'inet', `slipway-${instance}`, 'ports4', `{ tcp . ${base} }`]], () => [{ kind: 'port-gone', container: 'web', port: `${base}/tcp` }]],
  ['a rule added', ({ instance }) => [['nft', 'insert', 'rule', 'inet', `slipway-${instance}`, 'forward', 'accept']], () => [{ kind: 'rules-changed' }]],
  ['a bridge and a cable of nobody', ({ instance }) => [['ip', 'link', 'add', `st-${instance}`, 'type', 'bridge'], ['ip', 'link', 'set', `st-${instance}`, 'alias', `slipway slipway-${instance} /nowhere/lock`], ['ip', 'link', 'add', stray, 'type', 'veth'], ['ip', 'link', 'set', stray, 'master', bridgeOf('apart')]], ({ instance }) => [{ kind: 'stray-bridge', name: `st-${instance}` }, { kind: 'stray-cable', name: stray }]],
]

test.each(damages)('%s is found, and mended', async (_what, damage, found) => {
  for (const [program = '', ...args] of damage(t)) await t.host.run(program, args)
  expect(await t.networks.faults(everybody)).toEqual(found(t).map((fault) => expect.objectContaining(fault) as NetworkFault))
  await t.networks.mend(everybody)
  expect(await t.networks.faults(everybody)).toEqual([])
  expect(await reached()).toContain('here')
})

test('a table that is gone is found while nobody guards it, and written by the next engine, which also puts cables into the bridge that it makes again', async () => {
  await t.networks[Symbol.asyncDispose]()
  await t.host.run('nft', ['delete', 'table', 'inet', `slipway-${t.instance}`])
  await t.host.run('ip', ['link', 'del', bridgeOf('apart')])
  expect(await kinds()).toEqual(['bridge-gone', 'cable-loose', 'rules-gone'])
  await t.restart([web.containerId])
  expect(await kinds()).toEqual([])
  expect(await reached()).toContain('here')
})

test('an interface that a disconnection has taken without its record comes back when the next engine starts', async () => {
  await t.networks[Symbol.asyncDispose]()
  await t.host.run('ip', ['link', 'del', hostLink()])
  await t.restart([web.containerId])
  expect(await kinds()).toEqual([])
  expect(await reached()).toContain('here')
})

test('the cable of a connection that was cut before it was recorded goes when the next engine starts', async () => {
  const links = async () => (await t.host.run('ip', ['-o', 'link'])).stdout
  await t.host.run('ip', ['link', 'add', stray, 'type', 'veth', 'peer', 'name', 'cut0', 'netns', web.namespacePath])
  await t.host.run('ip', ['link', 'set', stray, 'master', bridgeOf('apart'), 'up'])
  expect(await links()).toContain(stray)
  await t.networks[Symbol.asyncDispose]()
  await t.restart([web.containerId])
  expect(await links()).not.toContain(stray)
  expect(await kinds()).toEqual([])
  expect(await reached()).toContain('here')
})

test('a namespace of nobody is removed; of a container whose own is pinned nowhere, that is told', async () => {
  t.host.syscalls.createNetworkNamespace(`${t.namespaces}/stray`)
  expect(await t.networks.faults(everybody)).toEqual([])
  expect(await t.networks.faults((id) => id === web.containerId)).toEqual([{ kind: 'stray-namespace', name: 'stray' }])
  await t.networks.mend((id) => id === web.containerId)
  expect(await t.networks.faults((id) => id === web.containerId)).toEqual([])
  const lost = await t.networks.connectSandbox(sandboxRequest('lost'))
  t.host.syscalls.unmount(lost.namespacePath, { detach: true })
  expect(await t.networks.faults(everybody)).toMatchObject([{ kind: 'namespace-gone', container: 'lost' }])
  await t.networks.disconnectSandbox(lost.containerId)
})

test('of a container that does not run, nothing is expected', async () => {
  await t.host.run('ip', ['link', 'del', hostLink()])
  expect((await t.networks.faults(() => false)).map(({ kind }) => kind)).toEqual(['rules-changed'])
})
