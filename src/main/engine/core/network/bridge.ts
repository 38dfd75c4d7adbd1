import { randomBytes } from 'node:crypto'
import { isEngineError } from '#shared/errors.ts'
import type { Host } from '../host/host.ts'
import { generateMac } from './ipam/mac.ts'
import type { Address } from './ipam/address.ts'
import { addAddress } from './netlink/addresses.ts'
import { exchange } from './netlink/exchange.ts'
import { addBridge, getLink, linksIn, listLinks, removeLink, type Link } from './netlink/links.ts'
import { writeNetSysctl } from './sysctl.ts'

/** The kernel side of one bridge network. */
export interface BridgePlan {
  name: string
  mtu: number
  /** The host's own addresses on it: the gateways. */
  addresses: readonly { address: Address; prefix: number }[]
}

type BridgeHost = Pick<Host, 'run' | 'syscalls' | 'networkNamespace'>

const rtnetlink = (host: BridgeHost, about: string, messages: Parameters<typeof exchange>[1]['messages']) =>
  exchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'route', messages, about })

/**
 * Makes the bridge, or takes up one of that name that is already there, with its addresses. Returns its index.
 *
 * route_localnet lets a connection from 127.0.0.1 be sent to a container and its replies come back; the firewall keeps everybody else from
 * using it to reach the host's loopback. @throws conflict when a link of that name is no bridge.
 */
export async function ensureBridge(host: BridgeHost, plan: BridgePlan): Promise<number> {
  try {
    await rtnetlink(host, `create bridge ${plan.name}`, [addBridge({ name: plan.name, macAddress: generateMac({ family: 4, value: BigInt(randomBytes(4).readUInt32BE()) }), mtu: plan.mtu })])
  } catch (error) {
    if (!isEngineError(error, 'already-exists')) throw error
  }
  const index = (await getBridge(host, plan.name)).index
  if (plan.addresses.length > 0) await rtnetlink(host, `give ${plan.name} its address`, plan.addresses.map(({ address, prefix }) => addAddress(index, address, prefix)))
  await writeNetSysctl(host, [`ipv4/conf/${plan.name}/route_localnet`], '1')
  return index
}

/** @throws not-found. */
export async function getBridge(host: BridgeHost, name: string): Promise<Link> {
  const [link] = linksIn(await rtnetlink(host, `find bridge ${name}`, [getLink(name)]))
  return link!
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
