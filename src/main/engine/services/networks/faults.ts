import type { ForwardRule } from '../../core/host/host.ts'
import { removeLinkNamed } from '../../core/network/bridge.ts'
import { compareTable } from '../../core/network/firewall/compare-table.ts'
import { firewallLack } from '../../core/network/firewall/no-firewall.ts'
import { formatAddress, parseAddress } from '../../core/network/ipam/address.ts'
import { addressesIn, listAddresses } from '../../core/network/netlink/addresses.ts'
import { exchange, type Exchange } from '../../core/network/netlink/exchange.ts'
import { linksIn, listLinks, type Link } from '../../core/network/netlink/links.ts'
import type { NetworkFault } from '../../core/network/network-fault.ts'
import { rulesOf } from './bridges.ts'
import { bridgeOptions } from './driver-options.ts'
import { separateInterfaces } from './forwarding.ts'
import { rejoinEndpoint } from './endpoints.ts'
import type { NetworkRecord } from './network-record.ts'
import { isOwnNote, ownerNote, tableOf } from './ownership.ts'
import { publicationOf, publishedPortsOf } from './publisher.ts'
import type { EndpointRecord, SandboxRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/** Looks at the kernel, and at nothing that is remembered. One at a time, for there is one place to compare in, and while no network is being made or removed. */
export async function findFaults(state: NetworksState, isLive: (containerId: string) => boolean): Promise<NetworkFault[]> {
  const live = liveOf(state, isLive)
  const outside = await lookAt(state, state.context.host.networkNamespace)
  const bridges = bridgesOf(state)
  const forwards = await state.publisher.compare(live.map(publicationOf))
  const left = [...strays(state, outside), ...(await strayNamespaces(state, isLive)), ...forwards.strays.map((rule): NetworkFault => ({ kind: 'stray-forward', name: nameOf(rule) }))]
  // An engine that ended took everything away that no container needs.
  if (live.length === 0 && !state.restored) return left
  const inContainers = await Promise.all(live.map((sandbox) => faultsOf(state, sandbox, outside)))
  return [...bridges.flatMap((network) => faultsOfBridge(network, outside)), ...inContainers.flat(), ...withoutRepetition([...(await faultsOfFirewall(state, bridges, liveOf(state, isLive))), ...forwards.gone.map((rule) => portGone(live, rule.hostPort, rule.protocol))]), ...left]
}

/** Networks whose bridges are to be in the kernel. */
export const bridgesOf = (state: NetworksState): NetworkRecord[] => (firewallLack(state.context.host) ? [] : state.store.list().filter(({ driver }) => driver === 'bridge'))

const liveOf = (state: NetworksState, isLive: (containerId: string) => boolean): SandboxRecord[] => state.sandboxes.list().filter(({ containerId }) => isLive(containerId))

interface Seen {
  links: Link[]
  addresses: Map<number, Set<string>>
}

async function lookAt({ context: { host } }: NetworksState, namespace: string | undefined): Promise<Seen> {
  const ask = (messages: Exchange['messages']) => exchange(host.syscalls, { namespace, protocol: 'route', messages, about: 'look at a network' })
  const [links, addresses] = [linksIn(await ask([listLinks()])), addressesIn(await ask([listAddresses()]))]
  return { links, addresses: new Map([...Map.groupBy(addresses, ({ index }) => index)].map(([index, all]) => [index, new Set(all.map(({ address }) => formatAddress(address)))])) }
}

const bridgeIn = ({ links }: Seen, network: NetworkRecord) => links.find(({ name, kind }) => name === bridgeOptions(network).bridge && kind === 'bridge')

function faultsOfBridge(network: NetworkRecord, seen: Seen): NetworkFault[] {
  const { bridge } = bridgeOptions(network)
  const link = bridgeIn(seen, network)
  if (!link) return [{ kind: 'bridge-gone', network: network.name, bridge }]
  const gateways = network.subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [formatAddress(parseAddress(gateway))]))
  return gateways.filter((address) => seen.addresses.get(link.index)?.has(address) !== true).map((address) => ({ kind: 'bridge-address-gone', network: network.name, bridge, address }))
}

async function faultsOf(state: NetworksState, sandbox: SandboxRecord, outside: Seen): Promise<NetworkFault[]> {
  const about = { container: sandbox.name, containerId: sandbox.containerId }
  try {
    const inside = await lookAt(state, state.namespaces.pathOf(sandbox.containerId))
    return sandbox.endpoints.flatMap((endpoint) => faultsOfEndpoint(state.store.find(endpoint.networkId), endpoint, about, { inside, outside }))
  } catch {
    // Nothing is pinned there.
    return [{ kind: 'namespace-gone', ...about }]
  }
}

function faultsOfEndpoint(network: NetworkRecord | undefined, endpoint: EndpointRecord, about: { container: string; containerId: string }, { inside, outside }: { inside: Seen; outside: Seen }): NetworkFault[] {
  const where = { ...about, network: endpoint.networkName, endpointId: endpoint.endpointId }
  const link = inside.links.find(({ name }) => name === endpoint.interfaceName)
  const hostLink = outside.links.find(({ name }) => name === endpoint.hostLink)
  if (!link || (endpoint.hostLink !== undefined && !hostLink)) return [{ kind: 'interface-gone', ...where }]
  const loose: NetworkFault[] = isLoose(endpoint, network, outside) ? [{ kind: 'cable-loose', ...where }] : []
  const lost = [endpoint.ipv4, endpoint.ipv6].flatMap((given) => (given ? [formatAddress(parseAddress(given.address))] : [])).filter((address) => inside.addresses.get(link.index)?.has(address) !== true)
  return [...loose, ...lost.map((address): NetworkFault => ({ kind: 'address-gone', ...where, address }))]
}

function isLoose(endpoint: EndpointRecord, network: NetworkRecord | undefined, outside: Seen): boolean {
  const hostLink = network && outside.links.find(({ name }) => name === endpoint.hostLink)
  return hostLink !== undefined && (hostLink.masterIndex === undefined || hostLink.masterIndex !== bridgeIn(outside, network!)?.index)
}

/** Puts the cables of containers into the bridges again that they fell out of, as when somebody removed a bridge. */
export async function rejoinLoose(state: NetworksState, live: readonly SandboxRecord[]): Promise<void> {
  if (firewallLack(state.context.host)) return
  const outside = await lookAt(state, state.context.host.networkNamespace)
  for (const { containerId, endpoints } of live) {
    for (const endpoint of endpoints) if (isLoose(endpoint, state.store.find(endpoint.networkId), outside)) await rejoinEndpoint(state, state.namespaces.pathOf(containerId), endpoint)
  }
}

/** What containers are recorded to have and have not: a disconnection may have been cut before it was recorded. */
export async function lostInterfaces(state: NetworksState, live: readonly SandboxRecord[]): Promise<NetworkFault[]> {
  const outside = await lookAt(state, state.context.host.networkNamespace)
  const faults = await Promise.all(live.map((sandbox) => faultsOf(state, sandbox, outside)))
  return faults.flat().filter(({ kind }) => kind === 'interface-gone' || kind === 'address-gone')
}

/** Takes away the cables of connections that were cut before they were recorded: their addresses are free to be given to others. */
export async function removeStrayCables(state: NetworksState): Promise<void> {
  for (const fault of strays(state, await lookAt(state, state.context.host.networkNamespace))) if (fault.kind === 'stray-cable') await removeLinkNamed(state.context.host, fault.name)
}

/** What the firewall's table is to hold. */
export const firewallOf = (state: NetworksState, bridges: readonly NetworkRecord[], live: readonly SandboxRecord[]) => ({
  bridges: bridges.map(rulesOf),
  ports: live.flatMap((sandbox) => publishedPortsOf(publicationOf(sandbox))),
  separate: separateInterfaces(state),
})

/** In the folder of the sandboxes, so that one which a kill left is removed by the next start. */
const SCRATCH = 'compared'

async function faultsOfFirewall(state: NetworksState, bridges: readonly NetworkRecord[], live: readonly SandboxRecord[]): Promise<NetworkFault[]> {
  const { context, namespaces } = state
  if (firewallLack(context.host)) return []
  await using undo = new AsyncDisposableStack()
  const scratch = await namespaces.create(SCRATCH)
  undo.defer(() => namespaces.remove(SCRATCH))
  const { gone, ports, changes } = await compareTable(context.host, { table: tableOf(context.instance), comment: ownerNote(context), ...firewallOf(state, bridges, live) }, scratch)
  const lost = ports.map(({ protocol, port }) => portGone(live, port, protocol))
  return [...(gone ? [{ kind: 'rules-gone' } as const] : []), ...lost, ...(changes.length > 0 ? [{ kind: 'rules-changed', changes } as const] : [])]
}

function portGone(live: readonly SandboxRecord[], port: number, protocol: string): NetworkFault {
  const owner = live.find((sandbox) => sandbox.ports.some((mapping) => mapping.hostPort === port && mapping.protocol === protocol))
  return { kind: 'port-gone', container: owner?.name ?? '', port: `${port}/${protocol}` }
}

/** One port may be gone at several addresses, and of the firewall and the port driver. */
const withoutRepetition = (faults: readonly NetworkFault[]) => [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()]

const nameOf = ({ hostIp, hostPort, protocol }: ForwardRule) => `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${hostPort}/${protocol}`

/** Of this engine, and of no network or container that is recorded. What has other names in a bridge is the user's. */
function strays(state: NetworksState, { links }: Seen): NetworkFault[] {
  const wanted = new Set(state.store.list().filter(({ driver }) => driver === 'bridge').map((network) => bridgeOptions(network).bridge))
  const own = links.filter(({ kind, alias }) => kind === 'bridge' && isOwnNote(state.context, alias))
  const cables = new Set(state.sandboxes.list().flatMap(({ endpoints }) => endpoints.map(({ hostLink }) => hostLink)))
  const indexes = new Set(own.map(({ index }) => index))
  return [
    ...own.filter(({ name }) => !wanted.has(name)).map(({ name }) => ({ kind: 'stray-bridge', name }) as const),
    ...links.filter(({ name, masterIndex }) => masterIndex !== undefined && indexes.has(masterIndex) && /^sw[0-9a-f]{12}$/.test(name) && !cables.has(name)).map(({ name }) => ({ kind: 'stray-cable', name }) as const),
  ]
}

async function strayNamespaces(state: NetworksState, isLive: (containerId: string) => boolean): Promise<NetworkFault[]> {
  const pinned = await state.namespaces.list()
  return pinned.filter((name) => name !== SCRATCH && !state.sandboxes.find(name) && !isLive(name)).map((name) => ({ kind: 'stray-namespace', name }))
}
