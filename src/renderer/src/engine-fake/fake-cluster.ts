import type { StreamListener, StreamPort } from '#shared/contract/bridge.ts'
import type { ClusterContents, ClusterFile, ClusterMessage, ClusterNode, ClusterNoun, ClusterService, ClusterStanding, ClusterTask, JoinCommands } from '#shared/contract/cluster.ts'
import type { Snapshot } from '#shared/contract/events.ts'
import { emptyDraft, type ServiceDraft } from '#shared/contract/service-draft.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { fakeMoveCalls } from './fake-move.ts'

const HOUR = 3_600_000
const now = Date.now()
const id = () => crypto.randomUUID().replaceAll('-', '').slice(0, 25)

const node = (index: number, name: string, more: Partial<ClusterNode> = {}): ClusterNode => ({
  id: `node${index}`, name, role: 'worker', availability: 'active', state: 'ready', address: `10.20.0.${index}`, leader: false, reachable: true, labels: {}, cpus: index % 2 ? 8 : 16, memoryBytes: (index % 2 ? 32 : 64) * 1024 ** 3, engine: '26.1.5', platform: 'linux/x86_64', ...more,
})
const service = (name: string, image: string, replicas: number | undefined, more: Partial<ClusterService> = {}): ClusterService => ({
  id: `svc-${name}`, name, image, digest: `sha256:${'4f06b3'.repeat(10)}`, mode: replicas === undefined ? 'global' : 'replicated', ...(replicas !== undefined && { replicas }), ports: [], createdAt: now - 300 * HOUR, updatedAt: now - 3 * HOUR, previous: true, secrets: [], configs: [], ...more,
})

function first(scene: string): ClusterContents {
  const nodes = [
    node(1, 'lyon-1', { role: 'manager', leader: true, labels: { zone: 'a', disk: 'ssd' } }), node(2, 'lyon-2', { role: 'manager', labels: { zone: 'a' } }), node(3, 'lille-1', { role: 'manager', labels: { zone: 'b' } }), node(4, 'lille-2'),
    node(5, 'roubaix-with-a-rather-long-host-name.example.org'), node(6, 'attic', { state: 'down', message: 'heartbeat failure' }), node(7, 'spare', { availability: 'drain' }),
    ...(scene === 'many' ? Array.from({ length: 43 }, (_, index) => node(index + 8, `rack-${index + 8}`)) : []),
  ]
  const services = [
    service('shop_storefront', 'ghcr.io/acme/storefront:2025.11.3', 6, { stack: 'shop', ports: [{ target: 3000, published: 443, protocol: 'tcp', mode: 'ingress' }], secrets: ['shop_session-key'], configs: ['shop_site'] }),
    service('shop_worker', 'ghcr.io/acme/storefront:2025.11.3', 8, { stack: 'shop', update: { state: 'updating' } }),
    service('shop_database', 'postgres:17-alpine', 1, { stack: 'shop', secrets: ['shop_db-password'] }),
    service('exporter', 'prom/node-exporter:1.8', undefined, { ports: [{ target: 9100, published: 9100, protocol: 'tcp', mode: 'host' }] }),
    service('thumbnails', 'acme/thumbs:3', 3, { update: { state: 'paused', message: 'update paused due to failure or early termination of task 8fz0rxq2' } }),
    ...(scene === 'many' ? Array.from({ length: 60 }, (_, index) => service(`job-${index}`, `acme/job:${index}`, (index % 9) + 1)) : []),
  ]
  const file = (name: string, stack?: string): ClusterFile => ({ id: `file-${name}`, name, ...(stack && { stack }), createdAt: now - 200 * HOUR })
  return { nodes, services, tasks: [], secrets: [file('shop_session-key', 'shop'), file('shop_db-password', 'shop'), file('smtp')], configs: [file('shop_site', 'shop')] }
}

/** Tasks where they are wanted, as a manager has them; what is of an older setting is replaced one by one. */
function schedule(contents: ClusterContents): ClusterTask[] {
  const able = contents.nodes.filter(({ state, availability }) => state === 'ready' && availability === 'active')
  const old = contents.tasks
  const fate = (each: ClusterService, slot: number): Partial<ClusterTask> => (each.name === 'thumbnails' && slot === 1 ? { state: 'rejected', current: true, error: 'No such image: acme/thumbs:3' } : {})
  return contents.services.flatMap((each, index): ClusterTask[] => {
    const count = each.mode === 'global' ? able.length : (each.replicas ?? 0)
    return Array.from({ length: count }, (_, place): ClusterTask => {
      const slot = place + 1
      const before = old.find((task) => task.service === each.id && (each.mode === 'global' ? task.node === able[place]?.id : task.slot === slot) && able.some((one) => one.id === task.node))
      const home = able[(place + index) % Math.max(1, able.length)]
      return before ?? { id: id(), service: each.id, ...(home ? { node: each.mode === 'global' ? (able[place]?.id as string) : home.id } : {}), ...(each.mode !== 'global' && { slot }), state: home ? 'running' : 'pending', wanted: true, current: each.update?.state !== 'updating' || place < count / 2, at: now - HOUR * (1 + place), ...fate(each, slot) }
    })
  })
}

function fakeClusterWorld({ world, tell, cancelled }: FakeEngine, options: URLSearchParams) {
  const scene = options.get('fake') || 'some'
  const contents = first(scene)
  contents.tasks = schedule(contents)
  /** `&cluster=none|worker|stopped`: of none, a worker of one, docker says that it is to be of one and is not. */
  const begun = options.get('cluster')
  let standing: ClusterStanding = begun === 'worker' ? { kind: 'worker', node: 'node9', managers: ['10.20.0.1', '10.20.0.2'] } : { kind: 'none', ...(begun === 'stopped' && { trouble: 'error while loading TLS certificate: x509: certificate has expired' }) }
  let joined = begun === null
  const listeners = new Set<(message: ClusterMessage) => void>()
  const send = (message: ClusterMessage) => listeners.forEach((listener) => listener(message))
  const put = (noun: ClusterNoun, items: { id: string }[], gone: string[] = []) => {
    const ids = new Set([...items.map((each) => each.id), ...gone])
    Object.assign(contents, { [noun]: [...contents[noun].filter((each) => !ids.has(each.id)), ...items] })
    send({ kind: 'changed', noun, items, gone } as unknown as ClusterMessage)
  }
  function settle() {
    const tasks = schedule(contents)
    const kept = new Set(tasks.map((each) => each.id as string))
    put('tasks', tasks, contents.tasks.filter((each) => !kept.has(each.id)).map((each) => each.id))
  }
  const change = (noun: 'nodes' | 'services', key: string, more: object) => {
    const item = contents[noun].find((each) => each.id === key)
    if (item) put(noun, [{ ...item, ...more }])
    setTimeout(settle, 400)
  }
  const place = (): ClusterStanding => {
    const shown = world.connections.find((each) => each.id === world.connection)
    const product = shown?.state.status === 'ready' ? shown.state.facts.product : ''
    if (product !== 'Docker') return { kind: 'unable', product }
    return joined ? { kind: 'manager', node: 'node1' } : standing
  }
  const tellPlace = () => {
    const facts = joined ? { cluster: 'manager' as const } : {}
    world.connections = world.connections.map((each) => (each.id === world.connection && each.state.status === 'ready' ? { ...each, state: { ...each.state, facts: { ...each.state.facts, cluster: undefined, ...facts } } } : each))
    tell(...world.connections.map((connection) => ({ type: 'connection.changed' as const, connection })))
    send({ kind: 'standing', standing: place() })
    if (joined) send({ kind: 'contents', contents })
  }
  return {
    world, tell, cancelled, contents, put, settle, change, place, tellPlace, listeners,
    become(next: { joined?: boolean; standing?: ClusterStanding }) {
      joined = next.joined ?? joined
      standing = next.standing ?? standing
      tellPlace()
    },
  }
}

const firstToken = 'SWMTKN-1-4x8y0z5c2rvd6m1k9w3q7t0b5n8j2h6g4f1d9s7a3p0o5i8u2y-b6n1m4k7j0h3g6f9d2s5a8p1o'
const commands = (token: string): JoinCommands => ({ worker: `docker swarm join --token ${token} 10.20.0.1:2377`, manager: `docker swarm join --token ${token.replace('4x8y', '9q2w')} 10.20.0.1:2377` })
const draftOf = (each: ClusterService): ServiceDraft => ({ ...emptyDraft(each.name, each.image), replicas: each.replicas ?? 1, mode: each.mode === 'global' ? 'global' : 'replicated', ports: each.ports, environment: ['NODE_ENV=production', 'LOG_LEVEL=info'], constraints: ['node.labels.zone==a'], mounts: [{ kind: 'volume', source: 'uploads', target: '/srv/uploads' }], secrets: each.secrets.map((name) => ({ name, file: name })), configs: each.configs.map((name) => ({ name, file: '/etc/site.conf' })) })
const made = (draft: ServiceDraft, before?: ClusterService): ClusterService => ({ ...service(draft.name, draft.image, draft.mode === 'global' ? undefined : draft.replicas), id: before?.id ?? id(), ports: draft.ports, updatedAt: Date.now(), previous: before !== undefined, ...(before?.stack && { stack: before.stack }), secrets: draft.secrets.map(({ name }) => name), configs: draft.configs.map(({ name }) => name) })

function clusterCalls({ world, contents, put, settle, change, place, become, tell, cancelled }: ReturnType<typeof fakeClusterWorld>): FakeCalls {
  let token = firstToken
  const find = (key: string) => {
    const found = contents.services.find((each) => each.id === key)
    if (!found) throw new EngineError('not-found', `service ${key} not found`)
    return found
  }
  return {
    'cluster.standing': place,
    'cluster.init': ({ advertise = '' }: { advertise?: string }) => {
      if (advertise === '1') throw new EngineError('invalid-argument', 'advertise address must be a non-zero IP address or network interface (with optional port number)', { field: 'advertise' })
      become({ joined: true })
    },
    'cluster.join': () => become({ standing: { kind: 'worker', node: 'node9', managers: ['10.20.0.1', '10.20.0.2'] } }),
    'cluster.leave': () => become({ joined: false, standing: { kind: 'none' } }),
    'cluster.admit': () => put('nodes', [node(90, 'newcomer')]),
    'cluster.joining': () => commands(token),
    'cluster.rotate': () => commands((token = token.replace('4x8y', 'r0t8'))),
    'cluster.changeNode': ({ id: key, ...more }: { id: string }) => change('nodes', key, more),
    'cluster.removeNode': ({ id: key }: { id: string }) => (put('nodes', [], [key]), settle()),
    'cluster.draftOfContainer': ({ container }: { container: string }) => ({ draft: emptyDraft(world.containers.find((each) => each.id === container)?.name ?? 'web', world.containers.find((each) => each.id === container)?.image ?? ''), remarks: ['--privileged'] }),
    'cluster.service': ({ id: key }: { id: string }) => ({ draft: draftOf(find(key)), raw: { ID: key, Spec: { Name: find(key).name } } }),
    'cluster.create': ({ draft }: { draft: ServiceDraft }) => {
      if (contents.services.some(({ name }) => name === draft.name)) throw new EngineError('conflict', `name conflicts with an existing object: service ${draft.name} already exists`, { field: 'name' })
      const next = made(draft)
      put('services', [next])
      setTimeout(settle, 400)
      return { id: next.id, warnings: [] }
    },
    'cluster.change': ({ id: key, draft }: { id: string; draft: ServiceDraft }) => (change('services', key, made(draft, find(key))), { warnings: [] }),
    'cluster.scale': ({ id: key, replicas }: { id: string; replicas: number }) => change('services', key, { replicas }),
    'cluster.restart': ({ id: key }: { id: string }) => change('services', key, { update: { state: 'completed' } }),
    'cluster.rollback': ({ id: key }: { id: string }) => change('services', key, { update: { state: 'rollback_completed', message: 'rollback completed' } }),
    'cluster.remove': ({ ids }: { ids: string[] }) => (put('services', [], ids), settle(), ids.map((each) => ({ id: each }))),
    ...fakeMoveCalls({ world, tell, cancelled }, (names, stack) => {
      put('services', names.map((name) => ({ ...service(name, 'acme/app:1', 1), stack })))
      settle()
    }),
    'cluster.removeStack': ({ name }: { name: string }) => {
      put('services', [], contents.services.filter(({ stack }) => stack === name).map((each) => each.id))
      settle()
    },
    'cluster.createSecret': ({ name }: { name: string }) => (put('secrets', [{ id: id(), name, createdAt: Date.now() } as ClusterFile]), { id: name }),
    'cluster.createConfig': ({ name }: { name: string }) => (put('configs', [{ id: id(), name, createdAt: Date.now() } as ClusterFile]), { id: name }),
    'cluster.readConfig': () => ({ value: 'server {\n  listen 3000;\n  root /srv/site;\n}\n' }),
    'cluster.removeFiles': ({ secrets, configs }: { secrets: string[]; configs: string[] }) => (put('secrets', [], secrets), put('configs', [], configs), [...secrets, ...configs].map((each) => ({ id: each }))),
  }
}

export function fakeCluster(engine: FakeEngine, options: URLSearchParams) {
  const cluster = fakeClusterWorld(engine, options)
  return {
    calls: clusterCalls(cluster),
    watch(_request: object, listener: StreamListener): StreamPort {
      const hear = (message: ClusterMessage) => listener.message(message, 0)
      cluster.listeners.add(hear)
      hear({ kind: 'standing', standing: cluster.place() })
      if (cluster.place().kind === 'manager') hear({ kind: 'contents', contents: structuredClone(cluster.contents) })
      return { send: () => undefined, ack: () => undefined, close: () => cluster.listeners.delete(hear) }
    },
  }
}

/** The connection that manages the fake's cluster. */
export const asManager = (connections: Snapshot['connections']): Snapshot['connections'] => connections.map((each) => (each.id === 'lab' && each.state.status === 'ready' ? { ...each, state: { ...each.state, facts: { ...each.state.facts, cluster: 'manager' } } } : each))
