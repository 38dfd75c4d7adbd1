import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { ConnectionDraft, ConnectionId, ConnectionOffers, ConnectionState, ConnectionSummary, ConnectionTrial, EngineItems, EverywhereMessage, SavedConnection, TrialOutcome } from '#shared/contract/connections.ts'
import type { EngineFacts } from '#shared/contract/engine.ts'
import type { Snapshot } from '#shared/contract/events.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { wait } from './wait.ts'

const HOUR = 3_600_000
const docker: EngineFacts = { product: 'Docker', version: '26.1.5+dfsg1', apiVersion: '1.45', operatingSystem: 'Debian GNU/Linux 13 (trixie)', architecture: 'amd64', kernel: '6.12.0-amd64', cpus: 32, memoryBytes: 135_000_000_000, warnings: [], slipway: false }

const saved: (SavedConnection & { state: ConnectionState })[] = [
  { id: 'lab', name: 'Build machine', colour: 4, target: { kind: 'ssh', host: 'build.example.org', user: 'ops', jump: { host: 'gate.example.org' } }, hostKeys: { 'build.example.org:22': 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDHiJJ7HqVcH1fp5pU' }, state: { status: 'ready', since: Date.now() - HOUR, facts: docker } },
  { id: 'shop', name: 'Shop, production', colour: 3, target: { kind: 'tcp', host: 'shop.example.org', port: 2376, tls: { ca: '/home/ada/certs/ca.pem', certificate: '/home/ada/certs/cert.pem', key: '/home/ada/certs/key.pem' } }, state: { status: 'reconnecting', since: Date.now() - 70_000, reason: 'shop.example.org:2376 does not answer.' } },
  { id: 'podman', name: 'Podman', target: { kind: 'socket', socketPath: '/run/user/1000/podman/podman.sock' }, state: { status: 'ready', since: Date.now() - HOUR, facts: { ...docker, product: 'Podman', version: '5.4.2' } } },
  { id: 'attic', name: 'Attic', colour: 1, target: { kind: 'ssh', host: '10.0.7.20', port: 2222, user: 'ada' }, state: { status: 'failed', error: { code: 'forbidden', reason: 'ssh-host-key', message: '10.0.7.20:2222 shows a host key that was not accepted: SHA256:3Xk1QUbJzfGhKfXoF2Q9YyV1m0pJt2a0mWbM0h1v5rE.', hint: 'If the machine was set up anew, edit the connection and compare the fingerprint before you accept it. If not, somebody may be in between.' } } },
]
const summaryOf = ({ hostKeys: _, ...each }: (typeof saved)[number], index: number): ConnectionSummary => ({ ...each, place: index + 1 })

export const fakeConnections = (own: ConnectionSummary, scene: string): ConnectionSummary[] => (scene === 'some' || scene === 'many' ? [own, ...saved.map(summaryOf)] : [own])

/** What is here, and on the engines that were reached a part of it under other ids. */
export function fakeEverywhere(world: Snapshot, listener: StreamListener): StreamPort {
  const reached = world.connections.filter(({ id, state }) => id !== 'embedded' && 'since' in state)
  const part = (offset: number): EngineItems => {
    const some = <Item>(list: Item[]) => list.filter((_, index) => (index + offset) % 3 === 0)
    return { containers: some(world.containers).map((each) => ({ ...each, id: `${offset}${each.id.slice(1)}` })), images: some(world.images), networks: world.networks.filter(({ predefined }) => predefined), volumes: some(world.volumes) }
  }
  const { containers, images, networks, volumes } = world
  const messages: EverywhereMessage[] = [{ connection: 'embedded', kind: 'all', items: { containers, images, networks, volumes } }, ...reached.map(({ id }, index) => ({ connection: id, kind: 'all' as const, items: part(index) }))]
  listener.message(messages, 0)
  return { send: () => undefined, ack: () => undefined, close: () => undefined }
}

const offers: ConnectionOffers = {
  sockets: [
    { socketPath: '/var/run/docker.sock', product: 'Docker', owner: 'system', usable: false },
    { socketPath: '/run/user/1000/docker.sock', product: 'Docker', owner: 'user', usable: true },
    { socketPath: '/run/user/1000/podman/podman.sock', product: 'Podman', owner: 'user', usable: true },
  ],
  contexts: [{ name: 'staging', description: 'Two machines in Roubaix', target: { kind: 'tcp', host: 'staging.example.org', port: 2376, tls: { ca: '/home/ada/.docker/contexts/tls/9f86d081884c7d659a2feaa0c55ad015/docker/ca.pem' } } }],
  sshHosts: ['nas', 'render-farm-07'].map((alias) => ({ alias, target: { kind: 'ssh', host: `${alias}.local`, user: 'ada', keyFile: '/home/ada/.ssh/id_ed25519' } })),
  secretPlace: 'keyring',
  sshAgent: true,
}

export function fakeConnectionCalls({ world, tell }: FakeEngine, options: URLSearchParams): FakeCalls {
  const rest = () => world.connections.filter(({ id }) => id !== 'embedded')
  const put = (list: ConnectionSummary[]) => {
    world.connections = [...world.connections.filter(({ id }) => id === 'embedded'), ...list.map((each, index) => ({ ...each, place: index + 1 }))]
    tell(...world.connections.map((connection) => ({ type: 'connection.changed' as const, connection })))
  }
  const made = (id: ConnectionId, { name, colour, target }: ConnectionDraft): ConnectionSummary => ({ id, name, ...(colour !== undefined && { colour }), target, place: 0, state: { status: 'ready', since: Date.now(), facts: docker } })
  return {
    'connections.list': () => world.connections,
    'connections.select': ({ id }: { id: string }) => {
      world.connection = id
      tell({ type: 'snapshot', snapshot: { ...world } satisfies Snapshot })
    },
    'connections.retry': () => undefined,
    'copies.image': async () => (await wait(1500), { bytes: 31_000_000, layersThere: 4, layers: 6 }),
    'copies.volume': async ({ as }: { as: string }) => (await wait(1500), { name: as, driver: 'local', mountpoint: '', labels: {}, anonymous: false }),
    'connections.offers': async () => (await wait(300), options.get('fake') === 'empty' ? { ...offers, sockets: [], contexts: [], sshHosts: [] } : offers),
    'connections.test': async ({ target, hostKeys = {} }: ConnectionTrial): Promise<TrialOutcome> => {
      await wait(700)
      if (target.kind === 'ssh' && target.host.includes('nope')) throw new EngineError('unavailable', `${target.host}:22 cannot be reached by SSH. There is no host of that name.`, { reason: 'ssh-unreachable', hint: 'Check the name and the port, and that an SSH server runs there.' })
      if (target.kind !== 'ssh' || hostKeys[`${target.host}:${target.port ?? 22}`]?.startsWith('SHA256:3')) return { kind: 'ready', facts: docker }
      const accepted = hostKeys[`${target.host}:${target.port ?? 22}`] ?? (target.host === '10.0.7.20' ? 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDHiJJ7HqVcH1fp5pU' : undefined)
      return { kind: 'host-key', host: `${target.host}:${target.port ?? 22}`, keyType: 'ssh-ed25519', fingerprint: 'SHA256:3Xk1QUbJzfGhKfXoF2Q9YyV1m0pJt2a0mWbM0h1v5rE', ...(accepted && { accepted }), knownToSsh: target.host.startsWith('nas') }
    },
    'connections.add': (draft: ConnectionDraft) => {
      const connection = made(crypto.randomUUID(), draft)
      put([...rest(), connection])
      return connection
    },
    'connections.saved': ({ id }: { id: string }) => ({ ...(saved.find((each) => each.id === id) ?? (world.connections.find((each) => each.id === id) as unknown as SavedConnection)), secrets: ['password'] }),
    'connections.change': ({ id, ...draft }: ConnectionDraft & { id: string }) => {
      put(rest().map((each) => (each.id === id ? made(id, draft) : each)))
      return world.connections.find((each) => each.id === id)
    },
    'connections.move': ({ id, place }: { id: string; place: number }) => {
      const moved = rest().find((each) => each.id === id)
      if (moved) put(rest().filter((each) => each.id !== id).toSpliced(place - 1, 0, moved))
    },
    'connections.remove': ({ id }: { id: string }) => {
      tell({ type: 'connection.removed', id })
      put(rest().filter((each) => each.id !== id))
    },
  }
}
