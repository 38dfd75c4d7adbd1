import { Socket } from 'node:net'
import type { Host } from '../../../core/host/host.ts'
import { addressFromBytes, formatAddress } from '../../../core/network/ipam/address.ts'
import { readMessages, withLength } from '../../../core/network/dns/upstream.ts'
import { askUdp, udpSocket } from './inside.ts'

const TYPES = { A: 1, PTR: 12, AAAA: 28 } as const

/** Asks 127.0.0.11 from inside a sandbox. Addresses, or names for PTR. */
export async function lookup(host: Pick<Host, 'syscalls'>, namespace: string, name: string, type: keyof typeof TYPES, { tcp = false } = {}): Promise<{ code: number; addresses: string[] }> {
  const query = encode(name, TYPES[type])
  const reply = tcp ? await overTcp(host, namespace, query) : await overUdp(host, namespace, query)
  return decode(reply, query.length)
}

async function overUdp(host: Pick<Host, 'syscalls'>, namespace: string, query: Uint8Array) {
  const socket = await udpSocket(host, namespace)
  return await askUdp(socket, '127.0.0.11', 53, query, 10_000).finally(() => socket.close())
}

function overTcp(host: Pick<Host, 'syscalls'>, namespace: string, query: Uint8Array): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const socket = new Socket({ fd: host.syscalls.socketIn(namespace, 'tcp4', '0.0.0.0', 0) })
  socket.on('error', reject)
  readMessages(socket, resolve)
  socket.connect({ host: '127.0.0.11', port: 53 }, () => socket.write(withLength(query)))
  return promise.finally(() => socket.destroy())
}

function encode(name: string, type: number): Uint8Array {
  const labels = name.split('.').flatMap((label) => [Uint8Array.of(label.length), Buffer.from(label)])
  return Buffer.concat([Uint8Array.of(0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0), ...labels, Uint8Array.of(0, 0, type, 0, 1)])
}

/** Answers follow the question; ours each have a two-byte owner name. */
function decode(reply: Uint8Array, questionEnd: number): { code: number; addresses: string[] } {
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength)
  const addresses: string[] = []
  let at = questionEnd
  for (let index = 0; index < view.getUint16(6); index++) {
    const length = view.getUint16(at + 10)
    const value = reply.subarray(at + 12, at + 12 + length)
    addresses.push(view.getUint16(at + 2) === TYPES.PTR ? nameIn(value) : formatAddress(addressFromBytes(value)))
    at += 12 + length
  }
  return { code: reply[3]! & 0xf, addresses }
}

function nameIn(bytes: Uint8Array): string {
  const labels: string[] = []
  for (let at = 0; bytes[at]! > 0; at += 1 + bytes[at]!) labels.push(Buffer.from(bytes.subarray(at + 1, at + 1 + bytes[at]!)).toString('latin1'))
  return labels.join('.')
}
