import { ensureBridge, removeOwnBridge } from '../../core/network/bridge.ts'
import type { Firewall } from '../../core/network/firewall/firewall.ts'
import type { BridgeRules } from '../../core/network/firewall/ruleset.ts'
import { parseAddress, parseCidr } from '../../core/network/ipam/address.ts'
import { readNetSysctl } from '../../core/network/sysctl.ts'
import { isOwnNote, ownerNote } from './ownership.ts'
import type { NetworksContext } from './context.ts'
import { bridgeOptions } from './driver-options.ts'
import type { NetworkRecord } from './network-record.ts'

/** The kernel's bridges of bridge networks: made with the network, looked for again before use. */
export interface Bridges {
  /** Index of the network's bridge, made if it is missing. It is remembered; `again`: look, because it did not serve. */
  ensure(network: NetworkRecord, options?: { again: boolean }): Promise<number>
  /** Makes the bridge and its rules. */
  create(network: NetworkRecord): Promise<void>
  remove(network: NetworkRecord): Promise<void>
  /** Names of bridges that were made and not removed: a note is made before the bridge, and goes after it. */
  noted(): string[]
  /** Removes a bridge whose network is gone. */
  sweep(bridge: string): Promise<void>
  /** The kernel hands bridged packets to the firewall (br_netfilter), so that translated ones may have to leave where they came from. */
  hairpin(): Promise<boolean>
}

export function createBridges(context: NetworksContext, firewall: Firewall): Bridges {
  const { host } = context
  const isOwn = (alias: string | undefined) => isOwnNote(context, alias)
  const indexes = new Map<string, Promise<number>>()
  let hairpin: Promise<boolean> | undefined
  const notes = context.metadata.collection<{ bridge: string }>('network-bridges')
  const make = (network: NetworkRecord) => {
    const { bridge } = bridgeOptions(network)
    if (!notes.find(bridge)) notes.put(bridge, { bridge })
    const making = ensureBridge(host, { ...planOf(network), alias: ownerNote(context), isOwn })
    indexes.set(network.id, making)
    making.catch(() => indexes.delete(network.id))
    return making
  }
  async function sweep(bridge: string) {
    await removeOwnBridge(host, bridge, isOwn)
    notes.delete(bridge)
  }
  return {
    ensure: (network, options) => (options?.again ? undefined : indexes.get(network.id)) ?? make(network),
    async create(network) {
      await make(network)
      await firewall.addBridge(rulesOf(network))
    },
    async remove(network) {
      indexes.delete(network.id)
      await sweep(bridgeOptions(network).bridge)
      await firewall.removeBridge(bridgeOptions(network).bridge)
    },
    sweep,
    noted: () => notes.list().map(({ bridge }) => bridge),
    hairpin: () => (hairpin ??= readNetSysctl('bridge/bridge-nf-call-iptables').then((value) => value === '1')),
  }
}

function planOf(network: NetworkRecord) {
  const { bridge, mtu } = bridgeOptions(network)
  const addresses = network.subnets.flatMap(({ subnet, gateway }) => (gateway === undefined ? [] : [{ address: parseAddress(gateway), prefix: parseCidr(subnet).prefix }]))
  return { name: bridge, mtu, addresses }
}

export function rulesOf(network: NetworkRecord): BridgeRules {
  const { bridge, talking, masquerade } = bridgeOptions(network)
  return { bridge, subnets: network.subnets.map(({ subnet }) => subnet), internal: network.internal, talking, masquerade }
}
