/**
 * Netlink messages as bytes: how the engine asks the kernel for links, addresses, routes and nftables elements without starting ip(8) or
 * nft(8). A message is a header, a fixed body, and attributes (length, type, value, padded to four bytes); several messages go in one datagram.
 * Numbers are in the machine's byte order, and every machine the engine runs on is little-endian. https://docs.kernel.org/userspace-api/netlink/intro.html
 */
export interface NetlinkMessage {
  type: number
  flags: number
  body: Uint8Array
}

export interface NetlinkReply extends NetlinkMessage {
  sequence: number
}

/** NLM_F_*: of include/uapi/linux/netlink.h. */
export const FLAG = { request: 0x1, ack: 0x4, dump: 0x300, exclusive: 0x200, create: 0x400, append: 0x800, replace: 0x100 } as const

const HEADER_BYTES = 16
const ERROR_TYPE = 2
const NESTED = 0x8000
const ACK_HAS_TLVS = 0x200
const ACK_IS_CAPPED = 0x100
const ATTRIBUTE_MESSAGE = 1

const padded = (length: number) => (length + 3) & ~3

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(padded(4 + value.length))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 4 + value.length, true)
  view.setUint16(2, type, true)
  bytes.set(value, 4)
  return bytes
}

export const nested = (type: number, ...children: readonly Uint8Array[]): Uint8Array => attribute(type | NESTED, concat(children))
export const u8 = (type: number, value: number): Uint8Array => attribute(type, Uint8Array.of(value))
export const u16 = (type: number, value: number): Uint8Array => attribute(type, Uint8Array.of(value & 0xff, value >>> 8))
export const u32 = (type: number, value: number): Uint8Array => attribute(type, word(value))
/** Big-endian, as nftables has all its numbers. */
export const u32be = (type: number, value: number): Uint8Array => attribute(type, word(value).reverse())
/** With the closing NUL the kernel expects. */
export const text = (type: number, value: string): Uint8Array => attribute(type, Buffer.from(`${value}\0`))

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

/** One datagram; each message gets its index plus one as sequence number. */
export function encodeMessages(messages: readonly NetlinkMessage[]): Uint8Array {
  return concat(
    messages.map((message, index) => {
      const bytes = new Uint8Array(padded(HEADER_BYTES + message.body.length))
      const view = new DataView(bytes.buffer)
      view.setUint32(0, HEADER_BYTES + message.body.length, true)
      view.setUint16(4, message.type, true)
      view.setUint16(6, message.flags, true)
      view.setUint32(8, index + 1, true)
      bytes.set(message.body, HEADER_BYTES)
      return bytes
    }),
  )
}

export function decodeMessages(bytes: Uint8Array): NetlinkReply[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const replies: NetlinkReply[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true)
    if (length < HEADER_BYTES || at + length > bytes.length) break
    replies.push({ type: view.getUint16(at + 4, true), flags: view.getUint16(at + 6, true), sequence: view.getUint32(at + 8, true), body: bytes.subarray(at + HEADER_BYTES, at + length) })
    at += padded(length)
  }
  return replies
}

/** Attributes by type, the last of a kind standing. */
export function decodeAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = new Map<number, Uint8Array>()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true)
    if (length < 4 || at + length > bytes.length) break
    found.set(view.getUint16(at + 2, true) & 0x3fff, bytes.subarray(at + 4, at + length))
    at += padded(length)
  }
  return found
}

export const readU32 = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true)
export const readU32be = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)
export const readText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8').replace(/\0.*$/s, '')

/** What the kernel refused: which message, the (positive) errno, and its own words if it has any. */
export interface NetlinkFailure {
  sequence: number
  errno: number
  detail: string | undefined
}

/** The failure a reply carries; undefined for an acknowledgement and for anything else. */
export function failureOf(reply: NetlinkReply): NetlinkFailure | undefined {
  if (reply.type !== ERROR_TYPE || reply.body.length < 4) return undefined
  const errno = -new DataView(reply.body.buffer, reply.body.byteOffset).getInt32(0, true)
  if (errno === 0) return undefined
  return { sequence: reply.sequence, errno, detail: detailOf(reply) }
}

function detailOf(reply: NetlinkReply): string | undefined {
  if ((reply.flags & ACK_HAS_TLVS) === 0 || reply.body.length < 4 + HEADER_BYTES) return undefined
  const original = readU32(reply.body.subarray(4))
  const start = 4 + ((reply.flags & ACK_IS_CAPPED) === 0 ? padded(original) : HEADER_BYTES)
  const message = decodeAttributes(reply.body.subarray(start)).get(ATTRIBUTE_MESSAGE)
  return message && readText(message)
}
