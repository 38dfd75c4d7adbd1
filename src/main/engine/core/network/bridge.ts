import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Host } from '../host/host.ts'
import { generateMac } from './ipam/mac.ts'
import { contains, parseCidr, type Address } from './ipam/address.ts'
import { addAddress, addressesIn, listAddresses, removeAddress, type InterfaceAddress } from './netlink/addresses.ts'
import { exchange } from './netlink/exchange.ts'
import { addBridge, getLink, linksIn, listLinks, removeLink, setAlias, type Link } from './netlink/links.ts'
import { writeNetSysctl } from './sysctl.ts'

/** The kernel side of one bridge network. */
export interface BridgePlan {
  name: string
  mtu: number
  /** The host's own addresses on it: the gateways. */
  addresses: readonly { address: Address; prefix: number }[]
  /** Left on a bridge that is made here, to tell whose it is. */
  alias: string
  /** Whether a bridge that is there already was made here, going by what is left on it. */
  isOwn: (alias: string | undefined) => boolean
}

type BridgeHost = Pick<Host, 'run' | 'syscalls' | 'networkNamespace'>

const rtnetlink = (host: BridgeHost, about: string, messages: Parameters<typeof exchange>[1]['messages']) =>
  exchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'route', messages, about })

/**
 * Makes the bridge, or takes up one of that name that is already there, with its addresses. Returns its index. Somebody else's bridge gets the addresses that
 * it lacks and keeps everything it has.
 * @throws conflict when a link of that name is no bridge.
 */
export async function ensureBridge(host: BridgeHost, plan: BridgePlan): Promise<number> {
  const isNew = await tryAddBridge(host, plan)
  const link = await getBridge(host, plan.name)
  if (link.kind !== 'bridge') throw new EngineError('conflict', `${plan.name} is an interface of this machine, and no bridge`, { reason: 'bridge-name-taken', hint: 'Choose another name with -o com.docker.network.bridge.name=…' })
  const { index } = link
  const isOwn = plan.isOwn(link.alias)
  const stale = isNew || !isOwn ? [] : await addressesBeside(host, index, plan)
  const messages = [...(isOwn && link.alias !== plan.alias ? [setAlias(plan.name, plan.alias)] : []), ...stale.map(({ address, prefix }) => removeAddress(index, address, prefix)), ...plan.addresses.map(({ address, prefix }) => addAddress(index, address, prefix))]
  await rtnetlink(host, `give ${plan.name} its address`, messages)
  await setUp(host, plan, isOwn)
  return index
}

/**
 * route_localnet lets a connection from 127.0.0.1 be sent to a container and its replies come back; the firewall keeps everybody else from using it to reach
 * the host's loopback. A bridge without IPv6 subnet has no IPv6 at all, so that containers find no way around by link-local addresses; no bridge believes a
 * container that calls itself a router (CVE-2020-13401).
 */
async function setUp(host: BridgeHost, plan: BridgePlan, isOwn: boolean) {
  const six = plan.addresses.some(({ address }) => address.family === 6)
  const conf = (family: 'ipv4' | 'ipv6', setting: string) => `${family}/conf/${plan.name}/${setting}`
  const mayTouchIpv6 = isOwn && HAS_IPV6
  await writeNetSysctl(host, [conf('ipv4', 'route_localnet'), ...(mayTouchIpv6 && !six ? [conf('ipv6', 'disable_ipv6')] : [])], '1')
  if (mayTouchIpv6 && six) await writeNetSysctl(host, [conf('ipv6', 'accept_ra')], '0')
}
const HAS_IPV6 = existsSync('/proc/net/if_inet6')

/** False when there is a link of that name already. */
async function tryAddBridge(host: BridgeHost, plan: BridgePlan): Promise<boolean> {
  try {
    await rtnetlink(host, `create bridge ${plan.name}`, [addBridge({ name: plan.name, macAddress: generateMac({ family: 4, value: BigInt(randomBytes(4).readUInt32BE()) }), mtu: plan.mtu })])
    // At once, so that whatever fails from here on can be undone: only a bridge with the note is ever removed.
    await rtnetlink(host, `mark ${plan.name}`, [setAlias(plan.name, plan.alias)])
    return true
  } catch (error) {
    if (isEngineError(error, 'already-exists')) return false
    throw error
  }
}

/** Addresses from an earlier life. Link-local ones are the kernel's own. */
async function addressesBeside(host: BridgeHost, index: number, plan: BridgePlan): Promise<InterfaceAddress[]> {
  const found = addressesIn(await rtnetlink(host, 'list addresses', [listAddresses()])).filter((each) => each.index === index && !contains(LINK_LOCAL, each.address))
  return found.filter(({ address, prefix }) => !plan.addresses.some((wanted) => wanted.address.value === address.value && wanted.prefix === prefix))
}
const LINK_LOCAL = parseCidr('fe80::/10')

/** @throws not-found. */
export async function getBridge(host: BridgeHost, name: string): Promise<Link> {
  const [link] = linksIn(await rtnetlink(host, `find bridge ${name}`, [getLink(name)]))
  return link!
}

/** Removes the bridge if it was made here. Interfaces of the machine, and bridges of others, are left alone; an absent one is nothing. */
export async function removeOwnBridge(host: BridgeHost, name: string, isOwn: BridgePlan['isOwn']): Promise<void> {
  const link = await getBridge(host, name).catch((error: unknown) => (isEngineError(error, 'not-found') ? undefined : Promise.reject(error)))
  if (link?.kind === 'bridge' && isOwn(link.alias)) await removeLinkNamed(host, name)
}

/** An absent link is nothing. */
export async function removeLinkNamed(host: BridgeHost, name: string): Promise<void> {
  try {
    await rtnetlink(host, `remove ${name}`, [removeLink(name)])
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error
  }
}

export const listHostLinks = async (host: BridgeHost): Promise<Link[]> => linksIn(await rtnetlink(host, 'list links', [listLinks()]))
