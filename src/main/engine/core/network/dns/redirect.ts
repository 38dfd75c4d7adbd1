import type { NetlinkMessage } from '../netlink/message.ts'
import { addChain, addRule, addTable, FAMILY_IPV4, inOneBatch, matchPayload, matchProtocol, removeTable, writePayload } from '../netlink/nftables.ts'

/** Where containers of user networks find names, as Docker has it: programs have this address in their configuration. */
export const DNS_ADDRESS = '127.0.0.11'
/** Where the engine really listens, so that port 53 stays free for a DNS server in the container. */
export const DNS_PORT = 45_353

const ADDRESS = Uint8Array.of(127, 0, 0, 11)
const bytesOf = (port: number) => Uint8Array.of(port >>> 8, port & 0xff)
const TCP = { number: 6, checksum: 16 }
const UDP = { number: 17, checksum: 6 }
const SOURCE = { address: { base: 'network', offset: 12, length: 4 }, port: { base: 'transport', offset: 0, length: 2 } } as const
const DESTINATION = { address: { base: 'network', offset: 16, length: 4 }, port: { base: 'transport', offset: 2, length: 2 } } as const

/**
 * Four rules inside the sandbox that rewrite the port of packets to 127.0.0.11:53, and back in the answers. They rewrite
 * without connection tracking, which address translation would switch on for everything the container sends.
 * `again`: they may be there already.
 */
export function dnsRedirect({ again }: { again: boolean }): NetlinkMessage[] {
  const place = { table: 'slipway_dns', chain: 'output' }
  const rewrite = (protocol: typeof TCP, end: typeof SOURCE | typeof DESTINATION, from: number, to: number) =>
    addRule(FAMILY_IPV4, place, [...matchPayload(end.address, ADDRESS), ...matchProtocol(protocol.number), ...matchPayload(end.port, bytesOf(from)), ...writePayload(end.port, bytesOf(to), protocol.checksum)])
  return inOneBatch([
    ...(again ? [addTable(FAMILY_IPV4, place.table), removeTable(FAMILY_IPV4, place.table)] : []),
    addTable(FAMILY_IPV4, place.table),
    addChain(FAMILY_IPV4, { table: place.table, name: place.chain, type: 'filter', hook: 3, priority: -300 }),
    ...[UDP, TCP].flatMap((protocol) => [rewrite(protocol, DESTINATION, 53, DNS_PORT), rewrite(protocol, SOURCE, DNS_PORT, 53)]),
  ])
}
