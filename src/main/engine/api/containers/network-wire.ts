import type { Endpoint, PortMapping, Sandbox } from '../../core/network/sandbox.ts'
import type { EndpointSettings } from '../../services/containers/config.ts'
import type { ContainerRecord } from '../../services/containers/record.ts'
import type { ContainersApiNeeds } from './needs.ts'
import { isAlive } from '../../services/containers/state.ts'

type Networks = Pick<ContainersApiNeeds, 'findNetwork'>

/** `NetworkSettings` of inspect. */
export function networkSettingsJson(needs: Networks, record: ContainerRecord, sandbox: Sandbox | undefined) {
  const bridge = sandbox?.endpoints.find((endpoint) => endpoint.networkName === 'bridge')
  return {
    Bridge: '',
    SandboxID: sandbox ? record.id : '',
    SandboxKey: sandbox?.namespacePath ?? '',
    Ports: isAlive(record.state) ? portsJson(record) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.endpointId ?? '',
    ...addressJson(bridge),
    MacAddress: bridge?.macAddress ?? '',
    Networks: networksJson(needs, record, sandbox),
  }
}

/** `NetworkSettings.Networks`, by name. */
export function networksJson(needs: Networks, record: ContainerRecord, sandbox: Sandbox | undefined) {
  const mode = record.host.NetworkMode ?? ''
  const joined = new Map((sandbox?.endpoints ?? []).map((endpoint) => [endpoint.networkName, endpoint]))
  const names = new Map<string, EndpointSettings>()
  for (const [name, settings] of Object.entries(record.endpoints)) {
    const endpoint = sandbox?.endpoints.find((candidate) => candidate.networkName === name || candidate.networkId === name || candidate.networkId.startsWith(name))
    names.set(endpoint?.networkName ?? name, settings)
  }
  if ((mode === 'host' || mode === 'none') && names.size === 0) names.set(mode, {})
  return Object.fromEntries([...names].map(([name, settings]) => [name, endpointJson(settings, joined.get(name) ?? plannedEndpoint(needs, record, name, settings))]))
}

/** Until API 1.45 the names by which a container is found without having asked for them counted as aliases; clients such as compose 1 looked for its id there. */
export function withOwnAliases<Settings extends { Networks: Record<string, { Aliases: string[] | null }> }>(settings: Settings, { id, config }: ContainerRecord): Settings {
  const own = [id.slice(0, 12), config.Hostname ?? ''].filter((name) => name !== '')
  const networks = Object.entries(settings.Networks).map(([name, endpoint]) => [name, PREDEFINED.has(name) ? endpoint : { ...endpoint, Aliases: [...new Set([...(endpoint.Aliases ?? []), ...own])] }])
  return { ...settings, Networks: Object.fromEntries(networks) }
}
const PREDEFINED = new Set(['bridge', 'default', 'host', 'none'])

/** What is known of an endpoint while its container does not run. */
function plannedEndpoint(needs: Networks, record: ContainerRecord, name: string, settings: EndpointSettings): PlannedEndpoint | undefined {
  const network = needs.findNetwork(name)
  if (!network || (record.state.status === 'created' && name === record.host.NetworkMode)) return undefined
  const names = [record.name, ...(settings.Aliases ?? []), record.id.slice(0, 12), record.config.Hostname ?? '']
  return { networkId: network.id, dnsNames: network.names ? [...new Set(names.filter((each) => each !== ''))] : [] }
}

type PlannedEndpoint = Pick<Endpoint, 'networkId' | 'dnsNames'> & Partial<Endpoint>

function endpointJson(settings: EndpointSettings, endpoint: PlannedEndpoint | undefined) {
  return {
    IPAMConfig: settings.IPAMConfig ?? null,
    Links: settings.Links ?? null,
    Aliases: settings.Aliases ?? null,
    MacAddress: endpoint?.macAddress ?? '',
    DriverOpts: settings.DriverOpts ?? null,
    GwPriority: settings.GwPriority ?? 0,
    NetworkID: endpoint?.networkId ?? '',
    EndpointID: endpoint?.endpointId ?? '',
    ...addressJson(endpoint),
    DNSNames: endpoint?.dnsNames.length ? endpoint.dnsNames : null,
  }
}

const addressJson = (endpoint: Pick<Endpoint, 'ipv4' | 'ipv6'> | undefined) => ({
  Gateway: endpoint?.ipv4?.gateway ?? '',
  IPAddress: endpoint?.ipv4?.address ?? '',
  IPPrefixLen: endpoint?.ipv4?.prefix ?? 0,
  IPv6Gateway: endpoint?.ipv6?.gateway ?? '',
  GlobalIPv6Address: endpoint?.ipv6?.address ?? '',
  GlobalIPv6PrefixLen: endpoint?.ipv6?.prefix ?? 0,
})

/** An empty host address means all, which Docker shows as one line for IPv4 and one for IPv6. */
const hostIpsOf = (mapping: PortMapping): string[] => (mapping.hostIp === '' ? ['0.0.0.0', '::'] : [mapping.hostIp])

function portsJson(record: ContainerRecord) {
  const ports: Record<string, { HostIp: string; HostPort: string }[] | null> = {}
  for (const port of Object.keys(record.config.ExposedPorts ?? {})) ports[port.includes('/') ? port : `${port}/tcp`] = null
  for (const mapping of record.ports) {
    const key = `${mapping.containerPort}/${mapping.protocol}`
    ports[key] = [...(ports[key] ?? []), ...hostIpsOf(mapping).map((HostIp) => ({ HostIp, HostPort: String(mapping.hostPort) }))]
  }
  return ports
}

/** `Ports` of the list. */
export function portListJson(record: ContainerRecord) {
  if (!isAlive(record.state)) return []
  const mapped = record.ports.flatMap((mapping) => hostIpsOf(mapping).map((IP) => ({ IP, PrivatePort: mapping.containerPort, PublicPort: mapping.hostPort, Type: mapping.protocol })))
  const taken = new Set(record.ports.map((mapping) => `${mapping.containerPort}/${mapping.protocol}`))
  // compose exposes `80` where the image has `80/tcp`.
  const exposed = [...new Set(Object.keys(record.config.ExposedPorts ?? {}).map((port) => (port.includes('/') ? port : `${port}/tcp`)))].filter((port) => !taken.has(port) && !port.includes('-'))
  return [...exposed.map((port) => ({ PrivatePort: Number(port.split('/')[0]), Type: port.split('/')[1] ?? 'tcp' })), ...mapped]
}
