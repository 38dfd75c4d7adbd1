import { addressBytes, type Address } from '../ipam/address.ts'
import { attribute, concat, FLAG, nested, u32, u8, type NetlinkMessage } from './message.ts'

/**
 * Connection tracking entries outlive the port mapping that made them: a UDP client that keeps sending would be translated by the old mapping, or not
 * at all, for as long as it does. TCP needs nothing, its connections end by themselves.
 *
 * The kernel filters (CTA_FILTER, Linux 5.8); nothing is listed. Numbers: include/uapi/linux/netfilter/nfnetlink_conntrack.h and,
 * for the filter's flags, include/linux/netfilter/nf_conntrack_common.h.
 */
const DELETE = (1 << 8) | 2
const CTA = { original: 1, reply: 2, filter: 25 } as const
const TUPLE = { ip: 1, protocol: 2 } as const
const FILTER = { sourceAddress: 1, protocolNumber: 8, destinationPort: 32 } as const
const UDP = 17
const AF_INET = 2
const AF_INET6 = 10

const header = (family: number) => Uint8Array.of(family, 0, 0, 0)
const filter = (original: number, reply: number) => nested(CTA.filter, u32(1, original), u32(2, reply))

/** Forgets UDP flows to this port, of either family. */
export const forgetUdpPort = (port: number): NetlinkMessage[] =>
  [AF_INET, AF_INET6].map((family) => ({
    type: DELETE,
    flags: FLAG.request | FLAG.ack,
    body: concat([header(family), nested(CTA.original, nested(TUPLE.protocol, u8(1, UDP), attribute(3, Uint8Array.of(port >>> 8, port & 0xff)))), filter(FILTER.protocolNumber | FILTER.destinationPort, 0)]),
  }))

/** Forgets UDP flows that were translated to this address. */
export const forgetUdpTarget = (address: Address): NetlinkMessage => ({
  type: DELETE,
  flags: FLAG.request | FLAG.ack,
  body: concat([
    header(address.family === 4 ? AF_INET : AF_INET6),
    nested(CTA.reply, nested(TUPLE.ip, attribute(address.family === 4 ? 1 : 3, addressBytes(address))), nested(TUPLE.protocol, u8(1, UDP))),
    filter(0, FILTER.sourceAddress | FILTER.protocolNumber),
  ]),
})
