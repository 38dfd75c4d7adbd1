import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Host } from '../host/host.ts'
import type { Address } from './ipam/address.ts'
import { addAddress, addForwardingEntry, addNeighbour, addRoute, removeNeighbour, removeRoute } from './netlink/addresses.ts'
import { exchange, tryExchange } from './netlink/exchange.ts'
import { addIpvlan, addMacvlan, addVeth, getLink, linksIn, raiseLink, raiseNamed, removeLink, setBridgePort, setMaster, silenceLink, type IpvlanFlag, type IpvlanMode, type Link, type MacvlanMode } from './netlink/links.ts'

/**
 * Joins a sandbox to a network: the cable and its two plugs.
 *
 * On a bridge a container's plug is held to its MAC (the bridge drops frames that claim another), and the host knows for good which MAC has
 * the container's address, so that no neighbour takes its published ports by answering in its place.
 */
export interface Cable {
  /** Path of the sandbox's network namespace. */
  namespacePath: string
  /** eth0, eth1, … */
  interfaceName: string
  macAddress: string
  mtu: number
  ipv4?: { address: Address; prefix: number }
  ipv6?: { address: Address; prefix: number }
  /** Gateways of the default routes that go through this cable, at most one of each family. */
  gateways: readonly Address[]
}

export interface BridgeSocket {
  bridgeIndex: number
  /** Name of the end on the host. */
  hostName: string
  /** Containers of this network must not reach each other. */
  isolated: boolean
  /** Hold the plug to its MAC address. */
  locked: boolean
  /** The kernel shows bridged packets to the firewall (br_netfilter). */
  hairpin: boolean
}

type PlugHost = Pick<Host, 'syscalls' | 'networkNamespace'>

const outside = (host: PlugHost, about: string, messages: Parameters<typeof exchange>[1]['messages']) =>
  exchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'route', messages, about })
const inside = (host: PlugHost, namespacePath: string, about: string, messages: Parameters<typeof exchange>[1]['messages']) =>
  exchange(host.syscalls, { namespace: namespacePath, protocol: 'route', messages, about })

/**
 * Links carry packets only after the kernel's link watch has run, some time after they were raised, and by then a first packet may be lost (TCP tries again after
 * a second, UDP never). To ask for a link makes it run at once: linkwatch_sync_dev() in rtnl_getlink(), since Linux 6.8. Hence the questions whose answers nobody reads.
 */

/** Plugs the sandbox into a bridge. What exists after a failure goes with the namespace. */
export async function plugIntoBridge(host: PlugHost, cable: Cable, socket: BridgeSocket): Promise<void> {
  const about = `connect ${cable.interfaceName} to its bridge`
  await using namespace = await open(cable.namespacePath, 'r')
  const pair = { ...socket, containerName: cable.interfaceName, containerNamespace: namespace.fd, macAddress: cable.macAddress, mtu: cable.mtu }
  const [link] = linksIn(await outside(host, about, [addVeth(pair), setBridgePort(socket.hostName, socket), ...quiet(socket.hostName), raiseNamed(socket.hostName), getLink(socket.hostName)]))
  await Promise.all([
    outside(host, about, knownBehind(link!, cable, socket)),
    raiseInside(host, cable, link!.peerIndex!),
  ])
  await outside(host, about, [getLink(link!.index), getLink(socket.bridgeIndex)])
}

/** What the bridge and the host know for good of a plug that is held to its MAC. */
const knownBehind = ({ index }: Link, cable: Cable, { bridgeIndex, locked }: BridgeSocket) =>
  locked ? [addForwardingEntry(index, cable.macAddress), ...addressesOf(cable).map(({ address }) => addNeighbour(bridgeIndex, address, cable.macAddress))] : []

/** Puts the end of a cable that is there into a bridge, as after somebody removed the bridge that it was in; the sandbox notices nothing but packets again. */
export async function rejoinBridge(host: PlugHost, cable: Cable, socket: BridgeSocket): Promise<void> {
  const about = `connect ${cable.interfaceName} to its bridge again`
  const [link] = linksIn(await outside(host, about, [setMaster(socket.hostName, socket.bridgeIndex), setBridgePort(socket.hostName, socket), raiseNamed(socket.hostName), getLink(socket.hostName)]))
  await outside(host, about, knownBehind(link!, cable, socket))
}

/** Gives the sandbox an interface of its own on the host's physical link `parentIndex`. */
export async function plugMacvlan(host: PlugHost, cable: Cable, parent: { parentIndex: number; mode: MacvlanMode }): Promise<void> {
  await using namespace = await open(cable.namespacePath, 'r')
  await outside(host, `connect ${cable.interfaceName}`, [addMacvlan({ ...parent, name: cable.interfaceName, namespace: namespace.fd, macAddress: cable.macAddress, mtu: cable.mtu })])
  const link = await linkInside(host, cable.namespacePath, cable.interfaceName)
  await raiseInside(host, cable, link.index)
}

/** As with macvlan, with the MAC address of the parent. `routed`: what is not on the link itself goes through it all the same, and the kernel of the host finds the way. */
export async function plugIpvlan(host: PlugHost, cable: Cable, parent: { parentIndex: number; mode: IpvlanMode; flag: IpvlanFlag; routed: boolean }): Promise<void> {
  await using namespace = await open(cable.namespacePath, 'r')
  await outside(host, `connect ${cable.interfaceName}`, [addIpvlan({ ...parent, name: cable.interfaceName, namespace: namespace.fd, mtu: cable.mtu })]).catch((cause: unknown) => {
    throw isEngineError(cause) && cause.reason === 'ENOTSUP' ? new EngineError('failed-precondition', 'failed to create the ipvlan port: operation not supported', { reason: 'no-ipvlan', hint: 'The kernel of this machine has no ipvlan; where it is a module, load it with: modprobe ipvlan', cause }) : cause
  })
  const link = await linkInside(host, cable.namespacePath, cable.interfaceName)
  await raiseInside(host, cable, link.index)
  const families = parent.routed ? addressesOf(cable).map(({ address }) => address.family) : []
  if (families.length > 0) await inside(host, cable.namespacePath, `route through ${cable.interfaceName}`, families.map((family) => addRoute({ index: link.index, family })))
}

/** A kernel without IPv6 refuses the message, and needs none. */
const HAS_IPV6 = existsSync('/proc/net/if_inet6')
const quiet = (link: number | string) => (HAS_IPV6 ? [silenceLink(link)] : [])

const addressesOf = (cable: Cable) => [cable.ipv4, cable.ipv6].filter((entry) => entry !== undefined)

async function raiseInside(host: PlugHost, cable: Cable, index: number): Promise<void> {
  const addresses = addressesOf(cable).map(({ address, prefix }) => addAddress(index, address, prefix))
  const routes = cable.gateways.map((gateway) => addRoute({ index, family: gateway.family, gateway }))
  await inside(host, cable.namespacePath, `set up ${cable.interfaceName}`, [...(cable.ipv6 ? [] : quiet(index)), raiseLink(index), ...addresses, ...routes, getLink(index)])
}

async function linkInside(host: PlugHost, namespacePath: string, name: string): Promise<Link> {
  const [link] = linksIn(await inside(host, namespacePath, `find ${name}`, [getLink(name)]))
  return link!
}

/** Takes the interface out of a sandbox that goes on; its other end goes with it. */
export const unplug = async (host: PlugHost, namespacePath: string, interfaceName: string): Promise<void> =>
  void (await inside(host, namespacePath, `disconnect ${interfaceName}`, [removeLink(interfaceName)]))

/** Sets or, with `gateway` undefined, removes the sandbox's default route of one family. */
export async function setDefaultRoute(host: PlugHost, namespacePath: string, family: 4 | 6, via: { interfaceName: string; gateway: Address } | undefined): Promise<void> {
  if (via === undefined) {
    await tryExchange(host.syscalls, { namespace: namespacePath, protocol: 'route', messages: [removeRoute({ index: 0, family })], about: 'remove the default route' })
    return
  }
  const { index } = await linkInside(host, namespacePath, via.interfaceName)
  await inside(host, namespacePath, 'set the default route', [addRoute({ index, family, gateway: via.gateway })])
}

/**
 * Forgets, on the host, the container's addresses. The plug itself goes with the namespace, which the kernel takes apart later in its own time;
 * until then a locked one is deaf and dumb, because the bridge knows no MAC behind it any more.
 */
export async function forgetAddresses(host: PlugHost, bridgeIndex: number, addresses: readonly Address[]): Promise<void> {
  if (addresses.length > 0) await tryExchange(host.syscalls, { namespace: host.networkNamespace, protocol: 'route', messages: addresses.map((address) => removeNeighbour(bridgeIndex, address)), about: 'forget addresses' })
}
