import type { NameEntry } from '../../core/network/dns/directory.ts'
import type { NameScope } from '../../core/network/dns/resolve.ts'
import { DNS_ADDRESS } from '../../core/network/dns/redirect.ts'
import type { Upstream } from '../../core/network/dns/upstream.ts'
import { renderHosts } from '../../core/network/hosts-file.ts'
import { mergeResolvConf, readHostResolvConf, readReachableResolvConf, renderResolvConf, type ResolvConf } from '../../core/network/resolv-conf.ts'
import type { NameFiles } from '../../core/network/sandbox.ts'
import { isDefaultBridge } from './driver-options.ts'
import type { EndpointRecord, SandboxRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/**
 * Names: what a sandbox's two files say, and what its name server may answer.
 *
 * On user networks names are asked at 127.0.0.11. The default bridge has no names, as with Docker: containers there get the host's servers, and
 * 127.0.0.11 only where the host has none that a container could reach (a resolver on its loopback).
 */
export const hasNames = (state: Pick<NetworksState, 'store'>, endpoint: Pick<EndpointRecord, 'networkId'>): boolean => {
  const network = state.store.find(endpoint.networkId)
  return network !== undefined && network.driver !== 'null' && !isDefaultBridge(network)
}

/** Whether the sandbox needs a name server of its own. */
export function needsNameServer(state: NetworksState, sandbox: SandboxRecord): boolean {
  if (sandbox.endpoints.length === 0) return false
  if (sandbox.endpoints.some((endpoint) => hasNames(state, endpoint))) return true
  return sandbox.dns.servers.length === 0 && outsideConf(state).servers.length === 0
}

export function filesFor(state: NetworksState, sandbox: SandboxRecord): NameFiles {
  return { hosts: hostsFor(state, sandbox), resolvConf: renderResolvConf(resolvConfFor(state, sandbox)) }
}

function hostsFor(state: NetworksState, sandbox: SandboxRecord): string {
  const full = sandbox.domainname ? `${sandbox.hostname}.${sandbox.domainname}` : sandbox.hostname
  const [short = ''] = full.split('.')
  const addresses = sandbox.endpoints.flatMap(({ ipv4, ipv6 }) => [ipv4?.address, ipv6?.address]).filter((address) => address !== undefined)
  return renderHosts({
    extraHosts: sandbox.extraHosts ?? [],
    hostGateway: hostGateway(state),
    own: sandbox.hostname === '' ? [] : addresses.map((address) => ({ address, names: short === full ? full : `${full} ${short}` })),
    links: sandbox.endpoints.filter((endpoint) => !hasNames(state, endpoint)).flatMap((endpoint) => linkedHosts(state, endpoint)),
  })
}

/** On the default bridge a link is a line in the file: address, alias, and the other's own names. */
function linkedHosts(state: NetworksState, endpoint: EndpointRecord): { address: string; names: string }[] {
  return (endpoint.links ?? []).flatMap((link) => {
    const { container, alias } = splitLink(link)
    const other = findSandboxBy(state, container)
    const address = other?.endpoints.find(({ networkId }) => networkId === endpoint.networkId)?.ipv4?.address
    return other && address ? [{ address, names: [...new Set([alias, other.hostname, other.name])].filter((name) => name !== '').join(' ') }] : []
  })
}

export function splitLink(link: string): { container: string; alias: string } {
  const [container = '', alias = container] = link.split(':')
  return { container, alias }
}
export const findSandboxBy = (state: Pick<NetworksState, 'sandboxes'>, container: string): SandboxRecord | undefined =>
  state.sandboxes.find(container) ?? state.sandboxes.list().find(({ name }) => name === container)

/** The host as seen from containers: its address on the default bridge. */
function hostGateway(state: NetworksState): string[] {
  const bridge = state.store.list().find(isDefaultBridge)
  return bridge?.subnets.map(({ gateway }) => gateway).filter((gateway) => gateway !== undefined) ?? []
}

function resolvConfFor(state: NetworksState, sandbox: SandboxRecord): ResolvConf {
  const merged = mergeResolvConf(outsideConf(state), sandbox.dns)
  if (!needsNameServer(state, sandbox)) return merged
  const options = merged.options.some((option) => option.startsWith('ndots:')) ? merged.options : [...merged.options, 'ndots:0']
  return { servers: [DNS_ADDRESS], search: merged.search, options }
}

/** Servers that a container can reach by its own way out. */
function outsideConf({ context }: NetworksState): ResolvConf {
  const conf = readReachableResolvConf()
  return context.host.resolvers === undefined ? conf : { ...conf, servers: [...context.host.resolvers] }
}

/** What the sandbox's name server may tell: kept up to date by looking at the record for every query. */
export function scopeOf(state: NetworksState, containerId: string): NameScope {
  const endpoints = (state.sandboxes.find(containerId)?.endpoints ?? []).filter((endpoint) => hasNames(state, endpoint))
  const networks = endpoints.map(({ networkId }) => ({ id: networkId, subnets: state.store.find(networkId)?.subnets.map(({ subnet }) => subnet) ?? [] }))
  const links = endpoints.flatMap((endpoint) =>
    (endpoint.links ?? []).flatMap((link) => {
      const { container, alias } = splitLink(link)
      const other = findSandboxBy(state, container)
      return other ? [[alias.toLowerCase(), { networkId: endpoint.networkId, containerId: other.containerId }] as const] : []
    }),
  )
  return { networks, links: new Map(links) }
}

/**
 * Whom to ask for other names: the user's servers from inside the sandbox, where an internal network simply does not lead to them; else the host's, but
 * for a sandbox on internal networks only nobody.
 */
export function upstreamOf(state: NetworksState, containerId: string, namespacePath: string): Upstream | undefined {
  const sandbox = state.sandboxes.find(containerId)
  if (!sandbox) return undefined
  const wished = sandbox.dns.servers.filter((server) => server !== DNS_ADDRESS)
  if (wished.length > 0) return { servers: wished, namespace: namespacePath }
  if (sandbox.endpoints.every(({ internal }) => internal)) return undefined
  const { resolvers, networkNamespace } = state.context.host
  if (resolvers !== undefined) return { servers: resolvers, namespace: networkNamespace }
  return { servers: readHostResolvConf().servers, namespace: undefined }
}

export const nameEntryOf = (sandbox: Pick<SandboxRecord, 'containerId'>, endpoint: EndpointRecord): NameEntry => ({
  networkId: endpoint.networkId,
  networkName: endpoint.networkName,
  containerId: sandbox.containerId,
  names: endpoint.dnsNames,
  ipv4: endpoint.ipv4?.address,
  ipv6: endpoint.ipv6?.address,
})
