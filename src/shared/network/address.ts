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

/** Undefined for what is no address. No zone, no leading zeros. */
export function readAddress(text: string): Address | undefined {
  const value = readIpv4(text)
  if (value !== undefined) return { family: 4, value }
  const tail = /^(.*:)(\d[\d.]*\.\d+)$/.exec(text)
  const mapped = tail && readIpv4(tail[2]!)
  if (tail && mapped === undefined) return undefined
  const wide = readIpv6(tail ? `${tail[1]}${(mapped! >> 16n).toString(16)}:${(mapped! & 0xffffn).toString(16)}` : text)
  return wide === undefined ? undefined : { family: 6, value: wide }
}

function readIpv4(text: string): bigint | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1)
  if (!octets?.every((octet) => Number(octet) < 256 && String(Number(octet)) === octet)) return undefined
  return octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
}

function readIpv6(text: string): bigint | undefined {
  const [head = '', tail, more] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const gap = 8 - left.length - right.length
  if (more !== undefined || (tail === undefined ? gap !== 0 : gap < 1)) return undefined
  const all = [...left, ...Array<string>(gap).fill('0'), ...right]
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) : undefined
}

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

const maskOf = (family: 4 | 6, prefix: number) => ((1n << BigInt(prefix)) - 1n) << BigInt(bitsOf(family) - prefix)

/** Bits beyond the prefix are cleared: `10.1.2.3/8` is `10.0.0.0/8`. Undefined for what is no block. */
export function readCidr(text: string): Cidr | undefined {
  const [head = '', tail = '', rest] = text.split('/')
  const address = readAddress(head)
  const prefix = /^\d{1,3}$/.test(tail) ? Number(tail) : -1
  return address && rest === undefined && prefix >= 0 && prefix <= bitsOf(address.family) ? cidrOf(address, prefix) : undefined
}

export const cidrOf = (address: Address, prefix: number): Cidr => ({ family: address.family, base: address.value & maskOf(address.family, prefix), prefix })
export const formatCidr = (cidr: Cidr): string => `${formatAddress({ family: cidr.family, value: cidr.base })}/${cidr.prefix}`
export const sizeOf = (cidr: Cidr): bigint => 1n << BigInt(bitsOf(cidr.family) - cidr.prefix)
export const lastOf = (cidr: Cidr): bigint => cidr.base + sizeOf(cidr) - 1n
export const contains = (cidr: Cidr, address: Address): boolean => cidr.family === address.family && address.value >= cidr.base && address.value <= lastOf(cidr)
export const includes = (outer: Cidr, inner: Cidr): boolean => outer.family === inner.family && inner.base >= outer.base && lastOf(inner) <= lastOf(outer)
export const overlaps = (one: Cidr, other: Cidr): boolean => one.family === other.family && one.base <= lastOf(other) && other.base <= lastOf(one)
