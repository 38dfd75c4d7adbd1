import { attribute, concat, decodeAttributes, FLAG, nested, readText, readU32, text, u16, u32, u8, type NetlinkMessage, type NetlinkReply } from './message.ts'

/** Links: RTM_*LINK messages of rtnetlink(7), numbered in include/uapi/linux/{rtnetlink,if_link}.h. */
const NEWLINK = 16
const DELLINK = 17
const GETLINK = 18

const IFLA = { address: 1, name: 3, mtu: 4, link: 5, master: 10, linkInfo: 18, alias: 20, family: 26, namespaceFd: 28 } as const
const INFO = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const
const VETH_PEER = 1
const MACVLAN_MODE = 1
const BRIDGE_PORT = { hairpin: 4, isolated: 33, locked: 39 } as const
const IN6_ADDRESS_GENERATION = 8
const ADDRESS_GENERATION_NONE = 1
const AF_INET6 = 10
const UP = 1

export interface Link {
  index: number
  name: string
  /** What it is: bridge, veth, …; undefined for a plain device. */
  kind: string | undefined
  mtu: number
  macAddress: string
  up: boolean
  /** Index of the link it hangs on or, for veth, of its other end in the other end's namespace. */
  peerIndex: number | undefined
  masterIndex: number | undefined
  /** A note that anybody may leave on a link. */
  alias: string | undefined
}

/** struct ifinfomsg. */
function header(index: number, flags = 0, change = 0): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setInt32(4, index, true)
  view.setUint32(8, flags, true)
  view.setUint32(12, change, true)
  return bytes
}

const message = (type: number, flags: number, ...parts: readonly Uint8Array[]): NetlinkMessage => ({ type, flags: FLAG.request | FLAG.ack | flags, body: concat(parts) })
const create = FLAG.create | FLAG.exclusive

export const parseMac = (mac: string): Uint8Array => Uint8Array.from(mac.split(':'), (octet) => Number.parseInt(octet, 16))
export const formatMac = (bytes: Uint8Array): string => [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join(':')

export const addBridge = (bridge: { name: string; macAddress: string; mtu: number }): NetlinkMessage =>
  message(NEWLINK, create, header(0, UP, UP), text(IFLA.name, bridge.name), attribute(IFLA.address, parseMac(bridge.macAddress)), u32(IFLA.mtu, bridge.mtu), nested(IFLA.linkInfo, text(INFO.kind, 'bridge')))

/** At most 255 bytes are kept. */
export const setAlias = (name: string, alias: string): NetlinkMessage => message(NEWLINK, 0, header(0), text(IFLA.name, name), attribute(IFLA.alias, Buffer.from(alias).subarray(0, 255)))

export interface VethPair {
  /** The end that stays, which joins `bridgeIndex`. */
  hostName: string
  bridgeIndex: number
  containerName: string
  /** Open descriptor of the namespace that the other end goes to. */
  containerNamespace: number
  macAddress: string
  mtu: number
}

export const addVeth = (pair: VethPair): NetlinkMessage =>
  message(
    NEWLINK,
    create,
    header(0),
    text(IFLA.name, pair.hostName),
    u32(IFLA.mtu, pair.mtu),
    u32(IFLA.master, pair.bridgeIndex),
    nested(
      IFLA.linkInfo,
      text(INFO.kind, 'veth'),
      nested(
        INFO.data,
        nested(VETH_PEER, header(0), text(IFLA.name, pair.containerName), attribute(IFLA.address, parseMac(pair.macAddress)), u32(IFLA.mtu, pair.mtu), u32(IFLA.namespaceFd, pair.containerNamespace)),
      ),
    ),
  )

/** `parentIndex` is looked up in the namespace the message is sent in, whatever namespace the new link goes to. */
export const addMacvlan = (link: { name: string; parentIndex: number; mode: MacvlanMode; namespace: number; macAddress: string; mtu: number | undefined }): NetlinkMessage =>
  message(
    NEWLINK,
    create,
    header(0),
    text(IFLA.name, link.name),
    u32(IFLA.link, link.parentIndex),
    u32(IFLA.namespaceFd, link.namespace),
    attribute(IFLA.address, parseMac(link.macAddress)),
    ...(link.mtu === undefined ? [] : [u32(IFLA.mtu, link.mtu)]),
    nested(IFLA.linkInfo, text(INFO.kind, 'macvlan'), nested(INFO.data, u32(MACVLAN_MODE, MACVLAN_MODES[link.mode]))),
  )
export type MacvlanMode = keyof typeof MACVLAN_MODES
export const MACVLAN_MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const

/** Of layer 2 or 3, on `parentIndex` as with macvlan; it has the MAC address of its parent. */
export const addIpvlan = (link: { name: string; parentIndex: number; mode: IpvlanMode; flag: IpvlanFlag; namespace: number; mtu: number | undefined }): NetlinkMessage =>
  message(
    NEWLINK,
    create,
    header(0),
    text(IFLA.name, link.name),
    u32(IFLA.link, link.parentIndex),
    u32(IFLA.namespaceFd, link.namespace),
    ...(link.mtu === undefined ? [] : [u32(IFLA.mtu, link.mtu)]),
    nested(IFLA.linkInfo, text(INFO.kind, 'ipvlan'), nested(INFO.data, u16(IPVLAN.mode, IPVLAN_MODES[link.mode]), u16(IPVLAN.flags, IPVLAN_FLAGS[link.flag]))),
  )
export type IpvlanMode = keyof typeof IPVLAN_MODES
export type IpvlanFlag = keyof typeof IPVLAN_FLAGS
const IPVLAN = { mode: 1, flags: 2 } as const
const IPVLAN_MODES = { l2: 0, l3: 1, l3s: 2 } as const
const IPVLAN_FLAGS = { bridge: 0, private: 1, vepa: 2 } as const

/** A dummy link: the parent of a macvlan or ipvlan network that is given none. */
export const addDummy = (name: string): NetlinkMessage => message(NEWLINK, create, header(0, UP, UP), text(IFLA.name, name), nested(IFLA.linkInfo, text(INFO.kind, 'dummy')))
/** An 802.1q link, for a parent named `eth0.10`. */
export const addVlan = (link: { name: string; parentIndex: number; id: number }): NetlinkMessage =>
  message(NEWLINK, create, header(0, UP, UP), text(IFLA.name, link.name), u32(IFLA.link, link.parentIndex), nested(IFLA.linkInfo, text(INFO.kind, 'vlan'), nested(INFO.data, u16(1, link.id))))

/**
 * How a bridge treats one of its ports. `isolated`: isolated ports exchange nothing with each other, only with the bridge itself.
 * `locked` (Linux 5.18; older kernels pass over it): frames whose source address the bridge does not know for that port are dropped.
 * `hairpin`: frames may leave by the port they came in, which br_netfilter needs for a container that reaches itself by its published port.
 */
export const setBridgePort = (name: string, options: { isolated: boolean; locked: boolean; hairpin: boolean }): NetlinkMessage =>
  message(
    NEWLINK,
    0,
    header(0),
    text(IFLA.name, name),
    nested(
      IFLA.linkInfo,
      text(INFO.slaveKind, 'bridge'),
      nested(INFO.slaveData, u8(BRIDGE_PORT.hairpin, Number(options.hairpin)), u8(BRIDGE_PORT.isolated, Number(options.isolated)), u8(BRIDGE_PORT.locked, Number(options.locked))),
    ),
  )

/** Puts a link into a bridge. */
export const setMaster = (name: string, bridgeIndex: number): NetlinkMessage => message(NEWLINK, 0, header(0), text(IFLA.name, name), u32(IFLA.master, bridgeIndex))

export const raiseLink = (index: number): NetlinkMessage => message(NEWLINK, 0, header(index, UP, UP))

export const raiseNamed = (name: string): NetlinkMessage => message(NEWLINK, 0, header(0, UP, UP), text(IFLA.name, name))

/** Keeps a link from giving itself a link-local IPv6 address; to be sent before it is raised. */
export const silenceLink = (link: number | string): NetlinkMessage =>
  message(NEWLINK, 0, header(typeof link === 'number' ? link : 0), ...(typeof link === 'string' ? [text(IFLA.name, link)] : []), nested(IFLA.family, nested(AF_INET6, u8(IN6_ADDRESS_GENERATION, ADDRESS_GENERATION_NONE))))

export const removeLink = (name: string): NetlinkMessage => message(DELLINK, 0, header(0), text(IFLA.name, name))
export const getLink = (link: string | number): NetlinkMessage =>
  ({ type: GETLINK, flags: FLAG.request, body: typeof link === 'number' ? header(link) : concat([header(0), text(IFLA.name, link)]) })
export const listLinks = (): NetlinkMessage => ({ type: GETLINK, flags: FLAG.request | FLAG.dump, body: header(0) })

export const linksIn = (replies: readonly NetlinkReply[]): Link[] => replies.filter((reply) => reply.type === NEWLINK).map(decodeLink)

function decodeLink(reply: NetlinkReply): Link {
  const view = new DataView(reply.body.buffer, reply.body.byteOffset)
  const found = decodeAttributes(reply.body.subarray(16))
  const kind = decodeAttributes(found.get(IFLA.linkInfo) ?? new Uint8Array()).get(INFO.kind)
  const alias = found.get(IFLA.alias)
  const number = (type: number) => {
    const bytes = found.get(type)
    return bytes && readU32(bytes)
  }
  return {
    index: view.getInt32(4, true),
    name: readText(found.get(IFLA.name) ?? new Uint8Array()),
    kind: kind && readText(kind),
    mtu: number(IFLA.mtu) ?? 0,
    macAddress: formatMac(found.get(IFLA.address) ?? new Uint8Array()),
    up: (view.getUint32(8, true) & UP) !== 0,
    peerIndex: number(IFLA.link),
    masterIndex: number(IFLA.master),
    alias: alias && readText(alias),
  }
}
