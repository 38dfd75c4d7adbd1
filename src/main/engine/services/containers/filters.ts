import { EngineError } from '#shared/errors.ts'
import { parseMoment, parseTimestamp } from '#base/timestamps.ts'
import type { ContainersContext } from './context.ts'
import { expandRange } from './port-bindings.ts'
import type { ContainerRecord } from './record.ts'
import { lastEnd } from './state.ts'

export type ContainerFilters = Readonly<Record<string, readonly string[]>>
type Predicate = (record: ContainerRecord) => boolean

const KNOWN = new Set(['ancestor', 'before', 'exited', 'expose', 'health', 'id', 'is-task', 'isolation', 'label', 'name', 'network', 'publish', 'since', 'status', 'volume'])
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
      return (record) => values.some((value) => matches(value, `/${record.name}`) || matches(value, record.name))
    case 'label':
      return labelFilter(values)
    case 'status':
      for (const value of values) if (!STATUSES.has(value)) throw new EngineError('invalid-argument', `invalid filter 'status=${value}'`, { field: 'filters' })
      return ({ state }) => values.includes(state.status)
    case 'exited':
      return exitedFilter(values)
    case 'health':
      return ({ health }) => values.includes(health?.status ?? 'none')
    case 'ancestor':
      return await ancestorFilter(ctx, values)
    case 'network':
      return networkFilter(ctx, values)
    case 'volume':
      return ({ mounts }) => mounts.some((mount) => values.includes(mount.target) || (mount.kind === 'volume' && values.includes(mount.volume)) || (mount.kind === 'bind' && values.includes(mount.source)))
    case 'expose':
      return ({ config }) => hasPort(values, Object.keys(config.ExposedPorts ?? {}))
    case 'publish':
      return ({ host, ports }) => hasPort(values, [...Object.keys(host.PortBindings ?? {}), ...ports.map((port) => `${port.containerPort}/${port.protocol}`)])
    case 'before':
      return orderFilter(ctx, values, (created, other) => created < other)
    case 'since':
      return orderFilter(ctx, values, (created, other) => created > other)
    default:
      return () => values.every((value) => value === 'false' || value === 'default')
  }
}

export function labelFilter(values: readonly string[]): Predicate {
  return ({ config }) => values.every((value) => hasLabel(config.Labels ?? {}, value))
}

function hasLabel(labels: Record<string, string>, wish: string): boolean {
  const at = wish.indexOf('=')
  return at < 0 ? Object.hasOwn(labels, wish) : labels[wish.slice(0, at)] === wish.slice(at + 1)
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
  for (const code of codes) if (!Number.isInteger(code)) throw new EngineError('invalid-argument', `invalid filter 'exited'`, { field: 'filters' })
  return ({ state }) => state.status === 'exited' && codes.includes(lastEnd(state)?.code ?? Number.NaN)
}

async function ancestorFilter(ctx: ContainersContext, values: readonly string[]): Promise<Predicate> {
  const images = await Promise.all(values.map((value) => ctx.needs.images.resolve(value).catch(() => undefined)))
  const ids = new Set(images.map((image) => image?.id))
  return ({ image, config }) => ids.has(image.id) || values.includes(config.Image ?? '')
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

function hasPort(wishes: readonly string[], ports: readonly string[]): boolean {
  const known = new Set(ports.map((port) => (port.includes('/') ? port : `${port}/tcp`)))
  return wishes.flatMap(expandRange).some((wish) => known.has(wish.includes('/') ? wish : `${wish}/tcp`))
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
  if (until === undefined) throw new EngineError('invalid-argument', `invalid value for "until" filter: ${values[0] ?? ''}`, { field: 'filters' })
  return ({ createdAt }) => (parseTimestamp(createdAt) ?? 0n) < until
}
