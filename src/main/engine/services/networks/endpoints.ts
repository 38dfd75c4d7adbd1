import { randomBytes } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import { assertFirewall } from '../../core/network/firewall/no-firewall.ts'
import { formatAddress, parseAddress, type Address } from '../../core/network/ipam/address.ts'
import { generateMac, parseMacAddress } from '../../core/network/ipam/mac.ts'
import { forgetAddresses, plugIntoBridge, plugIpvlan, plugMacvlan, rejoinBridge, type BridgeSocket, type Cable } from '../../core/network/plug.ts'
import type { EndpointRequest, SandboxRequest } from '../../core/network/sandbox.ts'
import type { GivenAddress } from './address-pools.ts'
import { checkEndpoint } from './check-endpoint.ts'
import { bridgeOptions, ipvlanOptions, macvlanOptions } from './driver-options.ts'
import { ensureParent } from './parent-link.ts'
import { hasNames } from './names.ts'
import type { NetworkRecord } from './network-record.ts'
import { dnsNamesFor, type EndpointRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/** Plans an endpoint: checks the wish, takes addresses, chooses a MAC. Nothing in the kernel yet; {@link releaseAddresses} undoes it. */
export function planEndpoint(state: NetworksState, sandbox: Pick<SandboxRequest, 'containerId' | 'name' | 'hostname'>, request: EndpointRequest, index: number): EndpointRecord {
  const network = state.store.get(request.network)
  checkEndpoint(network, request)
  if (network.driver === 'host') throw new EngineError('invalid-argument', 'container cannot be disconnected from host network or connected to host network', { reason: 'host-network' })
  if (network.driver === 'bridge') assertFirewall(state.context.host, `Network ${network.name}`)
  const macAddress = chosenMac(network, request)
  // The kernel routes between ipvlan networks of layer 3: a gateway that the user named is nobody's.
  const hasRouter = network.driver !== 'ipvlan' || ipvlanOptions(network).mode === 'l2'
  const ipv4 = state.pools.acquire(network, 4, request.ipv4)
  let ipv6: GivenAddress | undefined
  try {
    ipv6 = state.pools.acquire(network, 6, request.ipv6)
  } catch (error) {
    if (ipv4) state.pools.release(network.id, formatAddress(ipv4.address))
    throw error
  }
  return {
    endpointId: randomBytes(32).toString('hex'),
    networkId: network.id,
    networkName: network.name,
    interfaceName: `eth${index}`,
    macAddress: macAddress ?? generateMac(ipv4?.address),
    ipv4: ipv4 && textOf(ipv4, hasRouter),
    ipv6: ipv6 && textOf(ipv6, hasRouter),
    aliases: [...request.aliases],
    links: request.links,
    dnsNames: hasNames(state, { networkId: network.id }) ? dnsNamesFor(sandbox, request.aliases) : [],
    driverOptions: request.driverOptions,
    gatewayPriority: request.gatewayPriority,
    internal: network.internal,
    hostLink: network.driver === 'bridge' ? `sw${randomBytes(6).toString('hex')}` : undefined,
  }
}

/** Interfaces of ipvlan have that of their parent, whatever it is. */
function chosenMac({ driver }: NetworkRecord, { macAddress }: EndpointRequest): string | undefined {
  if (driver !== 'ipvlan') return macAddress ? parseMacAddress(macAddress) : undefined
  if (macAddress) throw new EngineError('invalid-argument', 'ipvlan interfaces do not support custom mac address assignment', { reason: 'invalid-endpoint', hint: 'Leave it out, or use macvlan.' })
  return ''
}

const textOf = ({ address, prefix, gateway }: GivenAddress, hasRouter: boolean) => ({ address: formatAddress(address), prefix, gateway: hasRouter && gateway ? formatAddress(gateway) : undefined })

export function releaseAddresses(state: NetworksState, endpoint: EndpointRecord): void {
  for (const given of [endpoint.ipv4, endpoint.ipv6]) if (given) state.pools.release(endpoint.networkId, given.address)
}

/** Makes the planned endpoint in the kernel, with default routes through it for the families given. */
export async function plugEndpoint(state: NetworksState, namespacePath: string, endpoint: EndpointRecord, defaultFor: readonly (4 | 6)[]): Promise<void> {
  const network = state.store.get(endpoint.networkId)
  const { host } = state.context
  const cable = (mtu: number) => cableOf(namespacePath, endpoint, mtu, defaultFor)
  if (network.driver === 'bridge') {
    await onBridge(state, network, (bridgeIndex, socket) => plugIntoBridge(host, cable(bridgeOptions(network).mtu), { ...socket, bridgeIndex, hostName: endpoint.hostLink! }))
  } else if (network.driver === 'macvlan') {
    const { mode, mtu } = macvlanOptions(network)
    const parent = await ensureParent(host, network)
    await plugMacvlan(host, cable(mtu ?? parent.mtu), { parentIndex: parent.index, mode })
  } else if (network.driver === 'ipvlan') {
    const { mode, flag, mtu } = ipvlanOptions(network)
    const parent = await ensureParent(host, network)
    await plugIpvlan(host, cable(mtu ?? parent.mtu), { parentIndex: parent.index, mode, flag, routed: mode !== 'l2' && !network.internal })
  }
}

/** Puts an endpoint whose bridge was removed into the one that is there now. */
export async function rejoinEndpoint(state: NetworksState, namespacePath: string, endpoint: EndpointRecord): Promise<void> {
  const network = state.store.get(endpoint.networkId)
  await onBridge(state, network, (bridgeIndex, socket) => rejoinBridge(state.context.host, cableOf(namespacePath, endpoint, bridgeOptions(network).mtu, []), { ...socket, bridgeIndex, hostName: endpoint.hostLink! }))
}

const cableOf = (namespacePath: string, endpoint: EndpointRecord, mtu: number, defaultFor: readonly (4 | 6)[]): Cable => ({
  namespacePath,
  interfaceName: endpoint.interfaceName,
  macAddress: endpoint.macAddress,
  mtu,
  ipv4: endpoint.ipv4 && { address: parseAddress(endpoint.ipv4.address), prefix: endpoint.ipv4.prefix },
  ipv6: endpoint.ipv6 && { address: parseAddress(endpoint.ipv6.address), prefix: endpoint.ipv6.prefix },
  gateways: defaultFor.map((family) => (family === 4 ? endpoint.ipv4 : endpoint.ipv6)?.gateway).filter((gateway) => gateway !== undefined).map(parseAddress),
})

async function onBridge(state: NetworksState, network: NetworkRecord, plug: (bridgeIndex: number, socket: Pick<BridgeSocket, 'isolated' | 'locked' | 'hairpin'>) => Promise<void>): Promise<void> {
  const { talking, locked } = bridgeOptions(network)
  const hairpin = await state.bridges.hairpin()
  // Where br_netfilter shows bridged packets to the firewall, that keeps neighbours apart; isolated ports would stop translated packets as well.
  const socket = { isolated: !talking && !hairpin, locked, hairpin }
  const known = await state.bridges.ensure(network)
  try {
    await plug(known, socket)
  } catch (error) {
    // Somebody may have removed the bridge since.
    const found = await state.bridges.ensure(network, { again: true })
    if (found === known) throw error
    await plug(found, socket)
  }
}

/** Takes the host's knowledge of the endpoint's addresses back. */
export async function forgetEndpoint(state: NetworksState, endpoint: EndpointRecord): Promise<void> {
  const network = state.store.find(endpoint.networkId)
  if (network?.driver !== 'bridge' || !bridgeOptions(network).locked) return
  const addresses: Address[] = [endpoint.ipv4, endpoint.ipv6].filter((given) => given !== undefined).map(({ address }) => parseAddress(address))
  const index = await state.bridges.ensure(network).catch(() => undefined)
  if (index !== undefined) await forgetAddresses(state.context.host, index, addresses)
}

