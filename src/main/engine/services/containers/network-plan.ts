import { EngineError } from '#shared/errors.ts'
import type { EndpointRequest, SandboxRequest } from '../../core/network/sandbox.ts'
import type { ContainerConfig, EndpointSettings, HostConfig } from './config.ts'
import type { ContainersContext } from './context.ts'
import { parsePortBindings } from './port-bindings.ts'
import type { ContainerRecord } from './record.ts'

/** The networks to join, by the name the user gave. `--network` chooses the first; NetworkingConfig may add more. Where it names networks and no mode was chosen, those are all, as docker-py asks for it. */
export function plannedEndpoints(asked: Record<string, EndpointSettings>, config: ContainerConfig, host: HostConfig): Record<string, EndpointSettings> {
  const mode = host.NetworkMode ?? 'bridge'
  const endpoints: Record<string, EndpointSettings> = {}
  for (const [name, settings] of Object.entries(asked)) endpoints[name === 'default' ? 'bridge' : name] = settings ?? {}
  if (mode.startsWith('container:') || config.NetworkDisabled) return {}
  const others = Object.keys(endpoints).filter((name) => name !== mode)
  if ((mode === 'host' || mode === 'none') && others.length > 0) throw new EngineError('invalid-argument', `conflicting options: cannot attach both user-defined and non-user-defined network-modes`, { field: 'networks' })
  if (mode === 'host' || mode === 'none') return {}
  if (mode === 'bridge' && others.length > 0 && !endpoints[mode]) return withMac(endpoints, config)
  const first: EndpointSettings = { ...endpoints[mode] }
  if (config.MacAddress && !first.MacAddress) first.MacAddress = config.MacAddress
  return { [mode]: first, ...Object.fromEntries(others.map((name) => [name, endpoints[name] as EndpointSettings])) }
}

/** The one address that older clients give for the container is for its only network. */
function withMac(endpoints: Record<string, EndpointSettings>, { MacAddress }: ContainerConfig): Record<string, EndpointSettings> {
  const [only, ...more] = Object.entries(endpoints)
  return only && more.length === 0 && MacAddress && !only[1].MacAddress ? { [only[0]]: { ...only[1], MacAddress } } : endpoints
}

/** What kind of network stack it runs in. */
export function networkKind(record: Pick<ContainerRecord, 'host' | 'config'>): 'host' | 'joined' | 'none' | 'private' {
  const mode = record.host.NetworkMode ?? 'bridge'
  if (mode.startsWith('container:')) return 'joined'
  if (mode === 'host') return 'host'
  return mode === 'none' || record.config.NetworkDisabled ? 'none' : 'private'
}

/** Whose network stack it has: its own, or that of the container at the end of the chain of those that joined one another. @throws conflict when it would join itself. */
export function networkOwner({ get }: Pick<ContainersContext['records'], 'get'>, record: ContainerRecord): ContainerRecord {
  let owner = record
  for (const seen = new Set<string>(); networkKind(owner) === 'joined'; owner = get((owner.host.NetworkMode ?? '').slice('container:'.length))) {
    if (seen.has(owner.id)) throw new EngineError('conflict', 'cannot join own network', { field: 'networkMode' })
    seen.add(owner.id)
  }
  return owner
}

/** A container that joins another's network stack goes by the other's name. */
export function withHostname(ctx: ContainersContext, record: ContainerRecord): ContainerRecord {
  if (networkKind(record) !== 'joined') return record
  const { config } = networkOwner(ctx.records, record)
  return { ...record, config: { ...record.config, Hostname: config.Hostname, Domainname: config.Domainname } }
}

export function sandboxRequestOf(ctx: ContainersContext, record: ContainerRecord, kind: 'none' | 'private'): SandboxRequest {
  const { config, host } = record
  return {
    containerId: record.id,
    name: record.name,
    hostname: config.Hostname ?? '',
    domainname: config.Domainname || undefined,
    kind,
    endpoints: kind === 'none' ? [] : Object.entries(record.endpoints).map(([network, settings]) => endpointRequestOf(ctx, record, network, settings)),
    ports: kind === 'none' ? [] : parsePortBindings(config, host),
    dns: { servers: host.Dns ?? [], search: host.DnsSearch ?? [], options: host.DnsOptions ?? [] },
    extraHosts: host.ExtraHosts ?? [],
  }
}

export function endpointRequestOf(ctx: ContainersContext, record: Pick<ContainerRecord, 'host'>, network: string, settings: EndpointSettings): EndpointRequest {
  return {
    network,
    aliases: settings.Aliases ?? [],
    links: (network === record.host.NetworkMode ? [...(settings.Links ?? []), ...(record.host.Links ?? [])] : (settings.Links ?? [])).map((link) => resolveLink(ctx, link, network)),
    ipv4: settings.IPAMConfig?.IPv4Address || undefined,
    ipv6: settings.IPAMConfig?.IPv6Address || undefined,
    macAddress: settings.MacAddress || undefined,
    driverOptions: settings.DriverOpts ?? undefined,
    gatewayPriority: settings.GwPriority,
  }
}

/** `name[:alias]` with the container's name in place of its id. On the default bridge it has to exist; elsewhere a link is an alias for whoever has that name when it is asked for. */
function resolveLink(ctx: ContainersContext, link: string, network: string): string {
  const [reference = '', alias = reference] = link.split(':')
  const target = ctx.records.find(reference)
  if (!target && network !== 'bridge') return link
  if (!target) throw new EngineError('invalid-argument', `could not get container for ${reference}: No such container: ${reference}`, { field: 'links' })
  if (network === 'bridge' && target.host.NetworkMode === 'host') throw new EngineError('invalid-argument', 'conflicting options: host type networking can\'t be used with links. This would result in undefined behavior', { field: 'links' })
  return `${target.name}:${alias.replace(/^\//, '')}`
}
