import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { EngineError, type ErrorCode } from '#shared/errors.ts'
import type { ApiRequest, EngineApi, Method } from '../engine-api.ts'
import type { WireConfig, WireEndpoint, WireHostConfig, WireInspect } from '../wire/inspect.ts'

interface Body extends Partial<WireConfig> {
  HostConfig?: WireHostConfig
  NetworkingConfig?: { EndpointsConfig?: Record<string, WireEndpoint> }
}
type Call = `${Method} ${string}`

/** How a started container of this image behaves. */
type Fate = 'runs' | 'ends' | 'unhealthy' | 'healthy'

const refuse = (code: ErrorCode, message: string): never => {
  throw new EngineError(code, message)
}

/** What there is, and what Docker's verbs do to it. */
function createWorld() {
  const containers = new Map<string, WireInspect>()
  const volumes = new Set<string>()
  const images = new Map<string, { Id: string; Config: Partial<WireConfig>; fate: Fate }>()
  const listeners = new Set<Readable>()
  let last = 0

  const find = (name: string) => containers.get(name) ?? [...containers.values()].find(({ Name }) => Name === `/${name}`) ?? refuse('not-found', `No such container: ${name}`)
  const emit = (id: string, Action: string) => listeners.forEach((stream) => stream.push(`${JSON.stringify({ Type: 'container', Action, Actor: { ID: id }, time: 1 })}\n`))
  const imageOf = (name: string) => [...images].find(([tag, { Id }]) => tag === name || Id === name)?.[1]
  const holders = (self: WireInspect) => [...containers.values()].filter((each) => each !== self && each.State.Running)

  function create(name: string, body: Body): { Id: string; Warnings: string[] } {
    const { HostConfig = {}, NetworkingConfig, ...config } = body
    const image = imageOf(config.Image ?? '') ?? refuse('not-found', `No such image: ${config.Image}`)
    if ([...containers.values()].some(({ Name }) => Name === `/${name}`)) refuse('conflict', `Conflict. The container name "/${name}" is already in use by container "x".`)
    const Id = String(++last).padStart(64, '0')
    const missing = Object.keys(config.Volumes ?? {}).filter((target) => ![...(HostConfig.Binds ?? []).map((bind) => bind.split(':')[1]), ...(HostConfig.Mounts ?? []).map(({ Target }) => Target)].includes(target))
    const named = [...(HostConfig.Binds ?? []).map((bind) => bind.split(':')), ...(HostConfig.Mounts ?? []).filter(({ Type }) => Type !== 'tmpfs').map(({ Source = '', Target }) => [Source, Target])]
    const point = ([source = '', target = '']: string[]) => (source.startsWith('/') ? { Type: 'bind', Source: source, Destination: target, RW: true } : { Type: 'volume', Name: source, Destination: target, RW: true })
    const anonymous = missing.map((target, index) => [`${last}${index}`.padStart(64, 'a'), target])
    const Mounts = [...named, ...anonymous].map(point)
    for (const { Name } of Mounts as { Name?: string }[]) if (Name) volumes.add(Name)
    const mode = HostConfig.NetworkMode ?? 'default'
    const Networks = NetworkingConfig?.EndpointsConfig ?? (mode === 'default' || mode === 'bridge' ? { bridge: {} } : mode === 'host' || mode === 'none' ? {} : { [mode]: {} })
    containers.set(Id, { Id, Name: `/${name}`, Image: image.Id, Created: '2026-01-01T00:00:00Z', State: { Status: 'created', Running: false }, Config: { ...config, Image: config.Image ?? '', Hostname: config.Hostname || Id.slice(0, 12) }, HostConfig: structuredClone(HostConfig), Mounts, NetworkSettings: { Networks: structuredClone(Networks) } })
    return { Id, Warnings: [] }
  }

  function start(wire: WireInspect): void {
    if (wire.State.Running) refuse('not-modified', 'already started')
    const ports = (of: WireInspect) => Object.values(of.HostConfig.PortBindings ?? {}).flatMap((bindings) => (bindings ?? []).map(({ HostPort }) => HostPort)).filter(Boolean)
    const addresses = (of: WireInspect) => Object.values(of.NetworkSettings?.Networks ?? {}).map((endpoint) => endpoint?.IPAMConfig?.IPv4Address).filter(Boolean)
    for (const other of holders(wire)) {
      if (ports(other).some((port) => ports(wire).includes(port))) refuse('conflict', 'port is already allocated')
      if (addresses(other).some((address) => addresses(wire).includes(address))) refuse('conflict', 'Address already in use')
    }
    const fate = imageOf(wire.Image)?.fate ?? 'runs'
    if (fate === 'ends') {
      wire.State = { Status: 'exited', Running: false, ExitCode: 7 }
      return emit(wire.Id, 'die')
    }
    const Health = wire.Config.Healthcheck?.Test?.length ? { Status: fate === 'unhealthy' ? 'unhealthy' : 'healthy', Log: [{ Output: 'no answer' }] } : undefined
    wire.State = { Status: 'running', Running: true, ...(Health && { Health }) }
    emit(wire.Id, 'start')
    if (Health) emit(wire.Id, `health_status: ${Health.Status}`)
  }

  function remove(wire: WireInspect, force: boolean): void {
    if (wire.State.Running && !force) refuse('conflict', 'container is running: stop the container before removing')
    containers.delete(wire.Id)
  }
  return { containers, volumes, images, listeners, find, imageOf, create, start, remove }
}
type World = ReturnType<typeof createWorld>

function routesOf({ containers, volumes, images, find, imageOf, create, start, remove }: World): [RegExp, (match: string[], request: ApiRequest) => unknown][] {
  return [
    [/^GET \/containers\/json$/, () => [...containers.values()].map(({ Id, Name, HostConfig }) => ({ Id, Names: [Name], HostConfig: { NetworkMode: HostConfig.NetworkMode } }))],
    [/^GET \/containers\/([^/]+)\/json$/, ([id = '']) => structuredClone(find(id))],
    [/^POST \/containers\/create$/, (_, { query, body }) => create(String(query?.['name']), structuredClone(body) as Body)],
    [/^POST \/containers\/([^/]+)\/start$/, ([id = '']) => start(find(id))],
    [/^POST \/containers\/([^/]+)\/stop$/, ([id = '']) => void (find(id).State = { Status: 'exited', Running: false, ExitCode: 0 })],
    [/^POST \/containers\/([^/]+)\/rename$/, ([id = ''], { query }) => {
      const holder = [...containers.values()].find(({ Name }) => Name === `/${query?.['name']}`)
      if (holder && holder.Id !== find(id).Id) refuse('conflict', 'the name is in use')
      find(id).Name = `/${query?.['name']}`
    }],
    [/^POST \/containers\/([^/]+)\/update$/, ([id = ''], { body }) => void Object.assign(find(id).HostConfig, body)],
    [/^PUT \/slipway\/containers\/([^/]+)\/ports$/, ([id = ''], { body }) => void Object.assign(find(id).HostConfig, body)],
    [/^DELETE \/containers\/([^/]+)$/, ([id = ''], { query }) => remove(find(id), query?.['force'] === true)],
    [/^DELETE \/volumes\/(.+)$/, ([name = '']) => void volumes.delete(name)],
    [/^POST \/networks\/([^/]+)\/connect$/, ([network = ''], { body }) => {
      const { Container, EndpointConfig } = body as { Container: string; EndpointConfig: WireEndpoint }
      Object.assign(find(Container).NetworkSettings!.Networks!, { [network]: structuredClone(EndpointConfig) })
    }],
    [/^POST \/networks\/([^/]+)\/disconnect$/, ([network = ''], { body }) => void delete find((body as { Container: string }).Container).NetworkSettings!.Networks![network]],
    [/^GET \/images\/(.+)\/json$/, ([name = '']) => imageOf(decodeURIComponent(name)) ?? refuse('not-found', `No such image: ${name}`)],
    [/^POST \/commit$/, (_, { query }) => void images.set(`${query?.['repo']}:${query?.['tag']}`, { ...imageOf(find(String(query?.['container'])).Image)!, Id: `sha256:kept${images.size}` })],
    [/^DELETE \/images\/(.+)$/, ([name = '']) => void images.delete(decodeURIComponent(name))],
  ]
}

/**
 * Docker's containers in memory, with the refusals that matter when one takes the place of another: names, ports and fixed addresses are held by
 * one at a time, what runs cannot be removed. `interfere` is asked before and after each call and may throw.
 */
export function createFakeDocker() {
  const world = createWorld()
  const { containers, volumes, images, listeners, find, create, start } = world
  const routes = routesOf(world)
  const calls: Call[] = []
  let interfere: (moment: 'before' | 'after', call: Call, index: number) => void = () => {}

  async function json(method: Method, path: string, request: ApiRequest = {}): Promise<unknown> {
    if (request.signal?.aborted) refuse('cancelled', 'Cancelled.')
    const call: Call = `${method} ${path}`
    const index = calls.push(call)
    interfere('before', call, index)
    for (const [pattern, answer] of routes) {
      const match = pattern.exec(call)
      if (!match) continue
      const value = answer(match.slice(1), request)
      interfere('after', call, index)
      return value
    }
    return refuse('not-found', `page not found: ${call}`)
  }

  const api: EngineApi = {
    json: json as EngineApi['json'],
    async stream(method, path, { signal } = {}) {
      if (path !== '/events') return Readable.from([]) as unknown as IncomingMessage
      const call: Call = `${method} ${path}`
      interfere('before', call, calls.push(call))
      const stream = new Readable({ read: () => {} })
      stream.on('error', () => {})
      listeners.add(stream)
      signal?.addEventListener('abort', () => {
        listeners.delete(stream)
        stream.destroy(new EngineError('cancelled', 'Cancelled.'))
      })
      return stream as unknown as IncomingMessage
    },
    hijack: () => refuse('not-implemented', 'no'),
  }
  return {
    api,
    containers,
    volumes,
    images,
    calls,
    create,
    start: (name: string) => start(find(name)),
    find,
    interfereWith: (next: typeof interfere) => void (interfere = next),
    /** Everything that must be as it was, in one value. */
    world: () => ({
      containers: [...containers.values()].map(({ Id, Name, Config, HostConfig, Mounts, NetworkSettings, State: { Status } }) => ({ Id, Name, Config, HostConfig, Mounts, networks: NetworkSettings?.Networks, Status: Status === 'created' ? 'exited' : Status })).toSorted((a, b) => (a.Id < b.Id ? -1 : 1)),
      volumes: [...volumes].toSorted(),
      images: [...images.keys()].toSorted(),
    }),
  }
}
export type FakeDocker = ReturnType<typeof createFakeDocker>
