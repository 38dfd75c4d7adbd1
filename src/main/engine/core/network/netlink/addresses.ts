import { addressBytes, addressFromBytes, bitsOf, cidrOf, lastOf, type Address, type Cidr } from '../ipam/address.ts'
import { attribute, concat, decodeAttributes, FLAG, u32, type NetlinkMessage, type NetlinkReply } from './message.ts'
import { parseMac } from './links.ts'

/** Addresses, routes and neighbours: RTM_*ADDR, RTM_*ROUTE and RTM_*NEIGH of rtnetlink(7). */
const NEWADDR = 20
const DELADDR = 21
const GETADDR = 22
const NEWROUTE = 24
const DELROUTE = 25
const GETROUTE = 26
const NEWNEIGH = 28
const DELNEIGH = 29

const FAMILY = { 4: 2, 6: 10 } as const
const AF_BRIDGE = 7
const IFA = { address: 1, local: 2, broadcast: 4, flags: 8 } as const
const NO_DUPLICATE_DETECTION = 2
const RTA = { destination: 1, output: 4, gateway: 5, priority: 6 } as const
const TABLE_MAIN = 254
const PROTOCOL_BOOT = 3
const UNICAST = 1
const SCOPE_LINK = 253
const NEIGHBOUR = { permanent: 0x80, noArp: 0x40, ofMaster: 0x04 } as const
const NDA = { destination: 1, linkAddress: 2 } as const

const acknowledged = FLAG.request | FLAG.ack

function addressMessage(type: number, flags: number, index: number, address: Address, prefix: number): NetlinkMessage {
  const header = new Uint8Array(8)
  header.set([FAMILY[address.family], prefix])
  new DataView(header.buffer).setUint32(4, index, true)
  const bytes = addressBytes(address)
  const broadcast = address.family === 4 && prefix < 31 ? [attribute(IFA.broadcast, addressBytes({ family: 4, value: lastOf(cidrOf(address, prefix)) }))] : []
  // Duplicate detection would keep an IPv6 address unusable for a second; the plan already knows that it is unique.
  const quick = address.family === 6 ? [u32(IFA.flags, NO_DUPLICATE_DETECTION)] : []
  return { type, flags: acknowledged | flags, body: concat([header, attribute(IFA.local, bytes), attribute(IFA.address, bytes), ...broadcast, ...quick]) }
}
export const addAddress = (index: number, address: Address, prefix: number): NetlinkMessage => addressMessage(NEWADDR, FLAG.create | FLAG.replace, index, address, prefix)
export const removeAddress = (index: number, address: Address, prefix: number): NetlinkMessage => addressMessage(DELADDR, 0, index, address, prefix)

export interface InterfaceAddress {
  index: number
  address: Address
  prefix: number
}
export const listAddresses = (): NetlinkMessage => ({ type: GETADDR, flags: FLAG.request | FLAG.dump, body: new Uint8Array(8) })
export function addressesIn(replies: readonly NetlinkReply[]): InterfaceAddress[] {
  return replies
    .filter((reply) => reply.type === NEWADDR)
    .flatMap((reply) => {
      const found = decodeAttributes(reply.body.subarray(8))
      const bytes = found.get(IFA.local) ?? found.get(IFA.address)
      return bytes ? [{ index: new DataView(reply.body.buffer, reply.body.byteOffset).getUint32(4, true), address: addressFromBytes(bytes), prefix: reply.body[1]! }] : []
    })
}

/** `gateway` undefined: the destination is on the link itself. `destination` undefined: the default route. */
export interface Route {
  index: number
  family: 4 | 6
  destination?: Cidr
  gateway?: Address
}
function routeMessage(type: number, flags: number, route: Route): NetlinkMessage {
  const header = new Uint8Array(12)
  header.set([FAMILY[route.family], route.destination?.prefix ?? 0, 0, 0, TABLE_MAIN, PROTOCOL_BOOT, route.gateway || route.family === 6 ? 0 : SCOPE_LINK, UNICAST])
  const destination = route.destination ? [attribute(RTA.destination, addressBytes({ family: route.family, value: route.destination.base }))] : []
  const gateway = route.gateway ? [attribute(RTA.gateway, addressBytes(route.gateway))] : []
  return { type, flags: acknowledged | flags, body: concat([header, ...destination, ...gateway, u32(RTA.output, route.index)]) }
}
export const addRoute = (route: Route): NetlinkMessage => routeMessage(NEWROUTE, FLAG.create | FLAG.replace, route)
export const removeRoute = (route: Route): NetlinkMessage => routeMessage(DELROUTE, 0, route)

export const listRoutes = (): NetlinkMessage => ({ type: GETROUTE, flags: FLAG.request | FLAG.dump, body: new Uint8Array(12) })
/** Destinations of the main table, without default routes. */
export function routesIn(replies: readonly NetlinkReply[]): { destination: Cidr; outputIndex: number | undefined }[] {
  return replies
    .filter((reply) => reply.type === NEWROUTE && reply.body[4] === TABLE_MAIN && reply.body[7] === UNICAST)
    .flatMap((reply) => {
      const found = decodeAttributes(reply.body.subarray(12))
      const bytes = found.get(RTA.destination)
      const output = found.get(RTA.output)
      const prefix = reply.body[1]!
      if (!bytes || prefix === 0 || prefix > bitsOf(bytes.length === 4 ? 4 : 6)) return []
      return [{ destination: cidrOf(addressFromBytes(bytes), prefix), outputIndex: output && new DataView(output.buffer, output.byteOffset).getUint32(0, true) }]
    })
}

function neighbourHeader(family: number, index: number, state: number, flags: number): Uint8Array {
  const header = new Uint8Array(12)
  const view = new DataView(header.buffer)
  header[0] = family
  view.setInt32(4, index, true)
  view.setUint16(8, state, true)
  header[10] = flags
  return header
}

/** Fixes which MAC an address has, for the host's own traffic to it: no neighbour can claim it, and nobody needs to ask. */
export const addNeighbour = (index: number, address: Address, mac: string): NetlinkMessage => ({
  type: NEWNEIGH,
  flags: acknowledged | FLAG.create | FLAG.replace,
  body: concat([neighbourHeader(FAMILY[address.family], index, NEIGHBOUR.permanent, 0), attribute(NDA.destination, addressBytes(address)), attribute(NDA.linkAddress, parseMac(mac))]),
})
export const removeNeighbour = (index: number, address: Address): NetlinkMessage => ({
  type: DELNEIGH,
  flags: acknowledged,
  body: concat([neighbourHeader(FAMILY[address.family], index, 0, 0), attribute(NDA.destination, addressBytes(address))]),
})

/** Fixes behind which port of its bridge a MAC is. */
export const addForwardingEntry = (portIndex: number, mac: string): NetlinkMessage => ({
  type: NEWNEIGH,
  flags: acknowledged | FLAG.create | FLAG.replace,
  body: concat([neighbourHeader(AF_BRIDGE, portIndex, NEIGHBOUR.noArp, NEIGHBOUR.ofMaster), attribute(NDA.linkAddress, parseMac(mac))]),
})
