/** IP addresses and blocks as numbers, for whoever checks what is typed before the engine is asked. The engine has the last word. */
export interface IpAddress {
  family: 4 | 6
  value: bigint
}
/** `base` has no bit set beyond `prefix`. */
export interface IpBlock {
  family: 4 | 6
  base: bigint
  prefix: number
}

const bitsOf = (family: 4 | 6) => (family === 4 ? 32 : 128)

/** Undefined for what is no address. No zone, no leading zeros. */
export function readAddress(text: string): IpAddress | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (octets) return octets.slice(1).every((octet) => Number(octet) < 256 && String(Number(octet)) === octet) ? { family: 4, value: octets.slice(1).reduce((sum, octet) => sum * 256n + BigInt(octet), 0n) } : undefined
  if (!/^[0-9a-f:]*:[0-9a-f:]*$/i.test(text)) return undefined
  const [head = '', tail, more] = text.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const gap = 8 - left.length - right.length
  if (more !== undefined || (tail === undefined ? gap !== 0 : gap < 1)) return undefined
  const all = [...left, ...Array<string>(gap).fill('0'), ...right]
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? { family: 6, value: all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) } : undefined
}

/** Undefined for what is no block; bits beyond the prefix are cleared. */
export function readBlock(text: string): IpBlock | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  const address = match && readAddress(match[1] ?? '')
  const prefix = Number(match?.[2])
  if (!address || prefix > bitsOf(address.family)) return undefined
  const spare = BigInt(bitsOf(address.family) - prefix)
  return { family: address.family, base: (address.value >> spare) << spare, prefix }
}

export const lastOf = ({ family, base, prefix }: IpBlock): bigint => base + (1n << BigInt(bitsOf(family) - prefix)) - 1n
export const blocksOverlap = (one: IpBlock, other: IpBlock): boolean => one.family === other.family && one.base <= lastOf(other) && other.base <= lastOf(one)
export const blockHolds = (block: IpBlock, address: IpAddress): boolean => block.family === address.family && address.value >= block.base && address.value <= lastOf(block)

/** IPv6 as RFC 5952 has it, but that a lone zero group may be shortened. */
export function writeAddress({ family, value }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  const text = groups.join(':')
  const longest = [...text.matchAll(/(?:^|:)0(?::0)*(?=:|$)/g)].map(([zeros]) => zeros).sort((a, b) => b.length - a.length)[0]
  return longest === undefined ? text : text.replace(longest, ':').replace(/^:(?!:)|:$/, '::').replace(/:{3,}/, '::')
}
export const writeBlock = (block: IpBlock): string => `${writeAddress({ family: block.family, value: block.base })}/${block.prefix}`
