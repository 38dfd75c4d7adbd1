import { EngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import { parseMoment, parseTimestamp } from '#base/timestamps.ts'
import type { ContainersContext } from './context.ts'
import { namesByLinks } from './links.ts'
import { expandRange } from './port-bindings.ts'
import type { ContainerRecord } from './record.ts'
import { lastEnd } from './state.ts'

export type ContainerFilters = Readonly<Record<string, readonly string[]>>
type Predicate = (record: ContainerRecord) => boolean

const KNOWN = new Set(['ancestor', 'before', 'exited', 'expose', 'health', 'id', 'is-task', 'isolation', 'label', 'name', 'network', 'publish', 'since', 'status', 'volume'])
const HEALTHS = new Set(['none', 'starting', 'healthy', 'unhealthy'])
const STATUSES = new Set(['created', 'restarting', 'running', 'removing', 'paused', 'exited', 'dead'])

/** Docker's filters of `ps`; several values of one name are alternatives, except labels, which must all hold. @throws invalid-argument */
export async function compileFilters(ctx: ContainersContext, filters: ContainerFilters): Promise<Predicate> {
  const predicates: Predicate[] = []
  for (const [name, values] of Object.entries(filters)) {
    if (!KNOWN.has(name)) throw new EngineError('invalid-argument', `invalid filter '${name}'`, { field: 'filters' })
    if (values.length > 0) predicates.push(await compileFilter(ctx, name, values))
  }
  return (record) => predicates.every((predicate) => predicate(record))
}

async function compileFilter(ctx: ContainersContext, name: string, values: readonly string[]): Promise<Predicate> {
  switch (name) {
    case 'id':
      return ({ id }) => values.some((value) => id.startsWith(value) || matches(value, id))
    case 'name':
      return nameFilter(ctx, values)
    case 'label':
      return labelFilter(values)
    case 'status':
      for (const value of values) if (!STATUSES.has(value)) throw new EngineError('invalid-argument', `invalid filter 'status=${value}'`, { field: 'filters' })
      return ({ state }) => values.includes(state.status)
    case 'exited':
      return exitedFilter(values)
    case 'health':
      return healthFilter(values)
    case 'ancestor':
      return await ancestorFilter(ctx, values)
    case 'network':
      return networkFilter(ctx, values)
    case 'volume':
      return ({ mounts }) => mounts.some((mount) => values.includes(mount.target) || (mount.kind === 'volume' && values.includes(mount.volume)) || (mount.kind === 'bind' && values.includes(mount.source)))
    case 'expose':
      return portFilter(values, ({ config }) => Object.keys(config.ExposedPorts ?? {}))
    case 'publish':
      return portFilter(values, ({ ports }) => ports.map((port) => `${port.hostPort}/${port.protocol}`))
    case 'before':
      return orderFilter(ctx, values, (created, other) => created < other)
    case 'since':
      return orderFilter(ctx, values, (created, other) => created > other)
    case 'is-task':
      return taskFilter(values)
    default:
      return ({ host }) => values.includes(host.Isolation || 'default')
  }
}

export function labelFilter(values: readonly string[]): Predicate {
  return ({ config }) => values.every((value) => hasLabel(config.Labels ?? {}, value))
}

function hasLabel(labels: Record<string, string>, wish: string): boolean {
  const at = wish.indexOf('=')
  return at < 0 ? Object.hasOwn(labels, wish) : labels[wish.slice(0, at)] === wish.slice(at + 1)
}

/** Also by the names that links give. */
function nameFilter(ctx: ContainersContext, values: readonly string[]): Predicate {
  const linked = namesByLinks(ctx.records.list(), ctx.records.find)
  return ({ id, name }) => [name, ...(linked.get(id) ?? [])].some((text) => values.some((value) => matches(value, `/${text}`) || matches(value, text)))
}

/** Names are regular expressions; one that is not valid matches as text. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text)
  } catch {
    return text.includes(pattern)
  }
}

function exitedFilter(values: readonly string[]): Predicate {
  const codes = values.map(Number)
  for (const code of codes) if (!Number.isInteger(code)) throw new EngineError('invalid-argument', `invalid filter 'exited=${values.join(' ')}'`, { field: 'filters' })
  return ({ state }) => state.status === 'exited' && codes.includes(lastEnd(state)?.code ?? Number.NaN)
}

/** The container's image, or one that this was built on here. */
async function ancestorFilter(ctx: ContainersContext, values: readonly string[]): Promise<Predicate> {
  const { images } = ctx.needs
  const found = await Promise.all(values.map((value) => images.resolve(value).catch(() => undefined)))
  const ids = new Set(found.map((image) => image?.id))
  return ({ image, config }) => {
    for (let id: ImageId | undefined = image.id; id !== undefined; id = images.parentOf(id)) if (ids.has(id)) return true
    return values.includes(config.Image ?? '')
  }
}

function healthFilter(values: readonly string[]): Predicate {
  for (const value of values) if (!HEALTHS.has(value)) throw new EngineError('invalid-argument', `unrecognized filter value for health: ${value}`, { field: 'filters' })
  return ({ health }) => values.includes(health?.status ?? 'none')
}

/** Tasks of a swarm, which there are none of. */
function taskFilter(values: readonly string[]): Predicate {
  if (values.some((value) => !['true', '1', 'false', '0'].includes(value))) throw new EngineError('invalid-argument', `invalid filter 'is-task=[${values.join(' ')}]'`, { field: 'filters' })
  return () => values.some((value) => value === 'false' || value === '0')
}

function networkFilter(ctx: ContainersContext, values: readonly string[]): Predicate {
  const names = new Set(values.flatMap((value) => {
    const network = ctx.needs.networks.list().find((candidate) => candidate.id === value || candidate.name === value || candidate.id.startsWith(value))
    return network ? [network.id, network.name, value] : [value]
  }))
  return ({ endpoints, host, id }) => {
    const sandbox = ctx.needs.networks.findSandbox(id)
    return Object.keys(endpoints).some((name) => names.has(name)) || names.has(host.NetworkMode ?? '') || (sandbox?.endpoints.some((endpoint) => names.has(endpoint.networkId)) ?? false)
  }
}

/** Of `publish` ports of the host, of `expose` those of the container. @throws invalid-argument */
function portFilter(values: readonly string[], portsOf: (record: ContainerRecord) => string[]): Predicate {
  for (const value of values) if (!/^\d+(-\d+)?(\/[a-z]+)?$/.test(value)) throw new EngineError('invalid-argument', `error while looking up for publish ${value}: invalid port`, { field: 'filters' })
  const withProtocol = (port: string) => (port.includes('/') ? port : `${port}/tcp`)
  const wishes = new Set(values.flatMap(expandRange).map(withProtocol))
  return (record) => portsOf(record).some((port) => wishes.has(withProtocol(port)))
}

function orderFilter(ctx: ContainersContext, values: readonly string[], holds: (created: string, other: string) => boolean): Predicate {
  const others = values.map((value) => ctx.records.get(value).createdAt)
  return ({ createdAt }) => others.every((other) => holds(createdAt, other))
}

/** `until`, `label`, `label!` of prune. @throws invalid-argument */
export function compilePruneFilters(filters: ContainerFilters, now: bigint): Predicate {
  const predicates: Predicate[] = []
  for (const [name, values] of Object.entries(filters)) {
    if (name === 'label') predicates.push(labelFilter(values))
    else if (name === 'label!') predicates.push(({ config }) => !values.some((value) => hasLabel(config.Labels ?? {}, value)))
    else if (name === 'until') predicates.push(untilFilter(values, now))
    else throw new EngineError('invalid-argument', `invalid filter '${name}'`, { field: 'filters' })
  }
  return (record) => predicates.every((predicate) => predicate(record))
}

function untilFilter(values: readonly string[], now: bigint): Predicate {
  if (values.length > 1) throw new EngineError('invalid-argument', 'more than one until filter specified', { field: 'filters' })
  const until = parseMoment(values[0] ?? '', now)
  if (until === undefined) throw new EngineError('invalid-argument', `failed to parse value as time or duration: ${JSON.stringify(values[0] ?? '')}`, { field: 'filters' })
  return ({ createdAt }) => (parseTimestamp(createdAt) ?? 0n) < until
}
