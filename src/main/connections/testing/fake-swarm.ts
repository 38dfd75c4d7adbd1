import { randomBytes } from 'node:crypto'
import { Refusal, type FakeEngine, type Handler } from './fake-engine.ts'
import type { WireFile, WireNode, WireService, WireServiceSpec, WireTask } from '../cluster/wire.ts'

const id = () => randomBytes(12).toString('hex')
const moment = '2026-01-01T00:00:00.000000000Z'
const meta = (ID = id()) => ({ ID, Version: { Index: 1 }, CreatedAt: moment, UpdatedAt: moment })
const wanted = ({ DesiredState }: WireTask) => DesiredState === 'running'

export interface FakeSwarm {
  nodes: Map<string, WireNode>
  services: Map<string, WireService>
  tasks: Map<string, WireTask>
  secrets: Map<string, WireFile>
  configs: Map<string, WireFile>
  networks: Map<string, { Id: string; Name: string; Driver: string; Scope: string; Labels?: Record<string, string> }>
  /** This engine's own place. */
  self: { state: 'inactive' | 'active' | 'locked'; manager: boolean; tokens: { Worker: string; Manager: string } }
  /** The managers have no leader: every question but about oneself fails. */
  leaderless: boolean
  /** What a task of an image becomes; running when it says nothing. */
  fate: (image: string) => Partial<WireTask['Status']> | undefined
  addNode(name: string, role?: 'manager' | 'worker'): WireNode
  /** The machine is off: its tasks are made anew elsewhere. */
  lose(node: WireNode): void
  comeBack(node: WireNode): void
  /** As a manager does all the time: tasks where they are wanted, by what is wanted. Called after every change. */
  reconcile(): void
}

/** A manager's API in memory, with the behaviour that matters: versions, events, tasks that follow services and nodes. */
export function installFakeSwarm(engine: FakeEngine): FakeSwarm {
  const swarm: FakeSwarm = {
    nodes: new Map(), services: new Map(), tasks: new Map(), secrets: new Map(), configs: new Map(), networks: new Map(),
    self: { state: 'inactive', manager: false, tokens: { Worker: 'SWMTKN-1-w', Manager: 'SWMTKN-1-m' } },
    leaderless: false,
    fate: () => undefined,
    addNode(name, role = 'worker') {
      const node: WireNode = {
        ...meta(), Spec: { Role: role, Availability: 'active', Labels: {} }, Status: { State: 'ready', Addr: `10.0.0.${swarm.nodes.size + 1}` },
        Description: { Hostname: name, Platform: { OS: 'linux', Architecture: 'x86_64' }, Resources: { NanoCPUs: 4e9, MemoryBytes: 8e9 }, Engine: { EngineVersion: '26.1.5' } },
        ...(role === 'manager' && { ManagerStatus: { Leader: swarm.nodes.size === 0, Reachability: 'reachable', Addr: `10.0.0.${swarm.nodes.size + 1}:2377` } }),
      }
      swarm.nodes.set(node.ID, node)
      tell('node', 'create', node.ID)
      swarm.reconcile()
      return node
    },
    lose: (node) => setState(node, 'down'),
    comeBack: (node) => setState(node, 'ready'),
    reconcile: () => void [...swarm.services.values()].forEach((service) => schedule(swarm, service)),
  }
  function setState(node: WireNode, State: string) {
    node.Status = { ...node.Status, State }
    tell('node', 'update', node.ID)
    swarm.reconcile()
  }
  const tell = (Type: string, Action: string, ID: string) => engine.emit({ Type, Action, Actor: { ID } })
  for (const [pattern, handler] of Object.entries(routesOf(swarm, tell))) engine.routes.set(pattern, handler)
  return swarm
}

type Tell = (type: string, action: string, id: string) => void

/** Spread over the nodes that may; what is of another template is replaced at once. */
function schedule(swarm: FakeSwarm, service: WireService): void {
  const image = service.Spec.TaskTemplate.ContainerSpec?.Image ?? ''
  const able = [...swarm.nodes.values()].filter(({ Spec, Status }) => Spec.Availability === 'active' && Status?.State === 'ready')
  const mine = () => [...swarm.tasks.values()].filter((task) => task.ServiceID === service.ID && wanted(task))
  const stop = (task: WireTask) => Object.assign(task, { DesiredState: 'shutdown', Status: { ...task.Status, State: 'shutdown' } })
  for (const task of mine()) if (!able.some(({ ID }) => ID === task.NodeID) || JSON.stringify(task.Spec) !== JSON.stringify(service.Spec.TaskTemplate)) stop(task)
  const { Replicated, Global } = service.Spec.Mode ?? {}
  const start = (Slot: number, NodeID: string | undefined) => {
    const Status = { Timestamp: moment, State: NodeID ? 'running' : 'pending', ContainerStatus: { ContainerID: id().repeat(2) }, ...(!NodeID && { Err: 'no suitable node' }), ...swarm.fate(image) }
    const task: WireTask = { ...meta(), Spec: structuredClone(service.Spec.TaskTemplate), ServiceID: service.ID, ...(NodeID && { NodeID }), Slot, DesiredState: 'running', Status }
    swarm.tasks.set(task.ID, task)
  }
  if (Global) for (const { ID } of able) if (!mine().some(({ NodeID }) => NodeID === ID)) start(0, ID)
  if (!Replicated) return
  const count = Replicated.Replicas ?? 1
  mine().filter(({ Slot = 0 }) => Slot > count).forEach(stop)
  const load = (node: WireNode) => [...swarm.tasks.values()].filter((task) => wanted(task) && task.NodeID === node.ID).length
  for (let slot = 1; slot <= count; slot++) if (!mine().some(({ Slot }) => Slot === slot)) start(slot, able.toSorted((a, b) => load(a) - load(b))[0]?.ID)
}

const filtersOf = (query: URLSearchParams) => JSON.parse(query.get('filters') ?? '{}') as { label?: string[]; service?: string[] }
const readSpec = <Spec>(body: string) => JSON.parse(body || '{}') as Spec

function routesOf(swarm: FakeSwarm, tell: Tell): Record<string, Handler> {
  const guard = (handler: Handler): Handler => (request) => {
    if (!swarm.self.manager) return new Refusal(503, 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.')
    return swarm.leaderless ? new Refusal(500, "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online.") : handler(request)
  }
  const self = () => [...swarm.nodes.values()][0]
  return {
    'GET /info': () => ({ NCPU: 2, MemTotal: 1, Swarm: { NodeID: self()?.ID ?? 'self', NodeAddr: '10.0.0.1', LocalNodeState: swarm.self.state, ControlAvailable: swarm.self.manager, RemoteManagers: [{ NodeID: 'm', Addr: '10.0.0.1:2377' }] } }),
    'POST /swarm/init': () => {
      Object.assign(swarm.self, { state: 'active', manager: true })
      return swarm.addNode('one', 'manager').ID
    },
    'POST /swarm/join': ({ body }) => {
      const { JoinToken } = readSpec<{ JoinToken: string }>(body)
      if (!JoinToken.startsWith('SWMTKN-')) return new Refusal(400, 'invalid join token')
      Object.assign(swarm.self, { state: 'active', manager: JoinToken === swarm.self.tokens.Manager })
      return {}
    },
    'POST /swarm/leave': () => (Object.assign(swarm.self, { state: 'inactive', manager: false }), {}),
    'GET /swarm': guard(() => ({ ...meta(), Spec: {}, JoinTokens: swarm.self.tokens })),
    'POST /swarm/update': guard(({ query }) => {
      const { tokens } = swarm.self
      swarm.self.tokens = { Worker: query.get('rotateWorkerToken') === 'true' ? `${tokens.Worker}+` : tokens.Worker, Manager: query.get('rotateManagerToken') === 'true' ? `${tokens.Manager}+` : tokens.Manager }
      return {}
    }),
    ...mapOf(noun('nodes', 'node', swarm.nodes, swarm, tell), guard),
    ...mapOf(serviceRoutes(swarm, tell), guard),
    'GET /tasks': guard(({ query }) => [...swarm.tasks.values()].filter(({ ServiceID }) => filtersOf(query).service?.includes(ServiceID) ?? true)),
    ...mapOf({ ...noun('secrets', 'secret', swarm.secrets, swarm, tell), ...noun('configs', 'config', swarm.configs, swarm, tell) }, guard),
    ...networkRoutes(swarm),
    'GET /distribution/*/json': ({ params: [name = ''] }) => (name.startsWith('local') ? new Refusal(404, 'not found') : { Descriptor: { digest: `sha256:${'d'.repeat(64)}` } }),
  }
}
const mapOf = (routes: Record<string, Handler>, each: (handler: Handler) => Handler) => Object.fromEntries(Object.entries(routes).map(([path, handler]) => [path, each(handler)]))

interface Versioned {
  ID: string
  Version: { Index: number }
  Spec: object
}
function noun<Item extends Versioned>(path: string, type: string, items: Map<string, Item>, swarm: FakeSwarm, tell: Tell): Record<string, Handler> {
  const find = (key = '') => items.get(key) ?? [...items.values()].find(({ Spec }) => (Spec as { Name?: string }).Name === key)
  const missing = (key = '') => new Refusal(404, `${type} ${key} not found`)
  return {
    [`GET /${path}`]: ({ query }) => [...items.values()].filter(({ Spec }) => (filtersOf(query).label ?? []).every((pair) => Object.entries((Spec as { Labels?: Record<string, string> }).Labels ?? {}).some(([key, value]) => `${key}=${value}` === pair))),
    [`GET /${path}/*`]: ({ params: [key] }) => find(key) ?? missing(key),
    [`DELETE /${path}/*`]: ({ params: [key] }) => {
      const item = find(key)
      if (!item) return missing(key)
      items.delete(item.ID)
      tell(type, 'remove', item.ID)
      return {}
    },
    [`POST /${path}/create`]: ({ body }) => {
      const Spec = readSpec<{ Name: string }>(body)
      if (find(Spec.Name)) return new Refusal(409, `rpc error: code = AlreadyExists desc = ${type} ${Spec.Name} already exists`)
      const item = { ...meta(), Spec } as unknown as Item
      items.set(item.ID, item)
      tell(type, 'create', item.ID)
      return { ID: item.ID }
    },
    [`POST /${path}/*/update`]: ({ params: [key], query, body }) => {
      const item = find(key)
      if (!item) return missing(key)
      if (Number(query.get('version')) !== item.Version.Index) return new Refusal(500, 'rpc error: code = Unknown desc = update out of sequence')
      Object.assign(item, { Spec: readSpec(body), Version: { Index: item.Version.Index + 1 } })
      swarm.reconcile()
      tell(type, 'update', item.ID)
      return {}
    },
  }
}

function serviceRoutes(swarm: FakeSwarm, tell: Tell): Record<string, Handler> {
  const common = noun('services', 'service', swarm.services, swarm, tell)
  const create = common['POST /services/create'] as Handler
  const update = common['POST /services/*/update'] as Handler
  const remove = common['DELETE /services/*'] as Handler
  return {
    ...common,
    'POST /services/create': (request) => {
      const spec = readSpec<WireServiceSpec>(request.body)
      const ports = (service: WireServiceSpec) => (service.EndpointSpec?.Ports ?? []).flatMap(({ PublishedPort }) => PublishedPort ?? [])
      const taken = ports(spec).find((port) => [...swarm.services.values()].some((each) => ports(each.Spec).includes(port)))
      if (taken !== undefined) return new Refusal(409, `port '${taken}' is already in use by service as an ingress port`)
      const answer = create(request)
      swarm.reconcile()
      return answer
    },
    'POST /services/*/update': (request) => {
      const service = swarm.services.get(request.params[0] ?? '')
      const before = service && structuredClone(service.Spec)
      const body = request.query.get('rollback') === 'previous' ? JSON.stringify(service?.PreviousSpec) : request.body
      const answer = update({ ...request, body })
      if (service && !(answer instanceof Refusal)) Object.assign(service, { PreviousSpec: before, UpdateStatus: { State: request.query.has('rollback') ? 'rollback_completed' : 'completed' } })
      return answer
    },
    'DELETE /services/*': (request) => {
      const service = swarm.services.get(request.params[0] ?? '') ?? [...swarm.services.values()].find(({ Spec }) => Spec.Name === request.params[0])
      const answer = remove(request)
      for (const [key, task] of swarm.tasks) if (task.ServiceID === service?.ID) swarm.tasks.delete(key)
      return answer
    },
  }
}

const networkRoutes = (swarm: FakeSwarm): Record<string, Handler> => ({
  'GET /networks': () => [...swarm.networks.values()],
  'POST /networks/create': ({ body }) => {
    const { Name, Driver, Labels } = readSpec<{ Name: string; Driver: string; Labels?: Record<string, string> }>(body)
    if ([...swarm.networks.values()].some((each) => each.Name === Name)) return new Refusal(409, `network with name ${Name} already exists`)
    const network = { Id: id(), Name, Driver, Scope: Driver === 'overlay' ? 'swarm' : 'local', ...(Labels && { Labels }) }
    swarm.networks.set(network.Id, network)
    return { Id: network.Id }
  },
  'DELETE /networks/*': ({ params: [key = ''] }) => (swarm.networks.delete(key) ? {} : new Refusal(404, `network ${key} not found`)),
})
