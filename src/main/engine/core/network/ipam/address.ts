import { isIP } from 'node:net'
import { EngineError } from '#shared/errors.ts'

/** An IP address as a number with its family, so that both families count, compare and mask alike. */
export interface Address {
  family: 4 | 6
  value: bigint
}

/** A block of addresses; `base` has no bit set beyond `prefix`. */
export interface Cidr {
  family: 4 | 6
  base: bigint
  prefix: number
}

export const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128)

/** @throws invalid-argument for what is not an address. */
export function parseAddress(text: string): Address {
  const found = tryParseAddress(text)
  if (!found) throw new EngineError('invalid-argument', `invalid IP address: ${text}`, { reason: 'invalid-address' })
  return found
}

export function tryParseAddress(text: string): Address | undefined {
  const family = isIP(text)
  if (family === 4) return { family, value: text.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n) }
  return family === 6 && !text.includes('%') ? { family, value: parseIpv6(text) } : undefined
}

function parseIpv6(text: string): bigint {
  const mapped = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const plain = mapped ? `${mapped[1]}${hexPair(mapped[2]!, mapped[3]!)}:${hexPair(mapped[4]!, mapped[5]!)}` : text
  const [head = '', tail] = plain.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all = tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}
const hexPair = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16)

export function formatAddress(address: Address): string {
  if (address.family === 4) return [24n, 16n, 8n, 0n].map((shift) => (address.value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((address.value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  return compressZeros(groups)
}

/** The longest run of two or more zero groups becomes `::`, the first of equals (RFC 5952). */
function compressZeros(groups: readonly string[]): string {
  let best = { start: 0, length: 1 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.length < 2) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

/** The four or sixteen bytes of the wire. */
export function addressBytes(address: Address): Uint8Array {
  const length = bitsOf(address.family) / 8
  return Uint8Array.from({ length }, (_, index) => Number((address.value >> BigInt(8 * (length - 1 - index))) & 255n))
}

export const addressFromBytes = (bytes: Uint8Array): Address => ({ family: bytes.length === 4 ? 4 : 6, value: bytes.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n) })

const maskOf = (family: 4 | 6, prefix: number) => ((1n << BigInt(prefix)) - 1n) << BigInt(bitsOf(family) - prefix)

/** Bits beyond the prefix are cleared: `10.1.2.3/8` is `10.0.0.0/8`. @throws invalid-argument. */
export function parseCidr(text: string): Cidr {
  const [head = '', tail = '', rest] = text.split('/')
  const address = tryParseAddress(head)
  const prefix = /^\d{1,3}$/.test(tail) ? Number(tail) : -1
  if (!address || rest !== undefined || prefix < 0 || prefix > bitsOf(address.family))
    throw new EngineError('invalid-argument', `invalid CIDR address: ${text}`, { reason: 'invalid-subnet', hint: 'Write an address and a prefix length, such as 10.20.0.0/16.' })
  return cidrOf(address, prefix)
}

export const cidrOf = (address: Address, prefix: number): Cidr => ({ family: address.family, base: address.value & maskOf(address.family, prefix), prefix })
export const formatCidr = (cidr: Cidr): string => `${formatAddress({ family: cidr.family, value: cidr.base })}/${cidr.prefix}`
export const sizeOf = (cidr: Cidr): bigint => 1n << BigInt(bitsOf(cidr.family) - cidr.prefix)
export const lastOf = (cidr: Cidr): bigint => cidr.base + sizeOf(cidr) - 1n
export const contains = (cidr: Cidr, address: Address): boolean => cidr.family === address.family && address.value >= cidr.base && address.value <= lastOf(cidr)
export const includes = (outer: Cidr, inner: Cidr): boolean => outer.family === inner.family && inner.base >= outer.base && lastOf(inner) <= lastOf(outer)
export const overlaps = (one: Cidr, other: Cidr): boolean => one.family === other.family && one.base <= lastOf(other) && other.base <= lastOf(one)
