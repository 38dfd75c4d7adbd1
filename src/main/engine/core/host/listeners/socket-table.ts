import { endianness } from 'node:os'
import { addressFromBytes, formatAddress } from '../../network/ipam/address.ts'

export type SocketProtocol = 'tcp' | 'udp'

export interface BoundSocket {
  protocol: SocketProtocol
  address: string
  port: number
  inode: number
}

/** TCP's LISTEN, and what an unconnected UDP socket shows: include/net/tcp_states.h. */
const WAITING: Readonly<Record<SocketProtocol, string>> = { tcp: '0A', udp: '07' }

/**
 * Sockets that wait for somebody, from /proc/net/{tcp,tcp6,udp,udp6}. Columns: `sl local_address rem_address st tx:rx tr:when retrnsmt uid
 * timeout inode …`, see https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
export function parseSocketTable(text: string, protocol: SocketProtocol): BoundSocket[] {
  return text.split('\n').slice(1).flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
    const [address = '', port = ''] = local.split(':')
    return state === WAITING[protocol] ? [{ protocol, address: decodeAddress(address), port: parseInt(port, 16), inode: Number(inode) }] : []
  })
}

/** 32-bit words, each printed in the machine's byte order. An IPv4 address within IPv6 is told as what it is. */
function decodeAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = Uint8Array.from(words.flatMap((word) => (endianness() === 'LE' ? bytesOf(word).toReversed() : bytesOf(word))))
  const mapped = bytes.length === 16 && bytes[10] === 255 && bytes[11] === 255 && bytes.subarray(0, 10).every((byte) => byte === 0)
  return formatAddress(addressFromBytes(mapped ? bytes.subarray(12) : bytes))
}
const bytesOf = (word: string) => (word.match(/../g) ?? []).map((byte) => parseInt(byte, 16))
