import { EngineError } from '#shared/errors.ts'
import { type Address, type Cidr, bitsOf, readAddress, readCidr } from '#shared/network/address.ts'

export * from '#shared/network/address.ts'

/** @throws invalid-argument for what is not an address. */
export function parseAddress(text: string): Address {
  const found = readAddress(text)
  if (!found) throw new EngineError('invalid-argument', `invalid IP address: ${text}`, { reason: 'invalid-address' })
  return found
}

/** Bits beyond the prefix are cleared: `10.1.2.3/8` is `10.0.0.0/8`. @throws invalid-argument. */
export function parseCidr(text: string): Cidr {
  const found = readCidr(text)
  if (!found) throw new EngineError('invalid-argument', `invalid CIDR address: ${text}`, { reason: 'invalid-subnet', hint: 'Write an address and a prefix length, such as 10.20.0.0/16.' })
  return found
}

/** The four or sixteen bytes of the wire. */
export function addressBytes(address: Address): Uint8Array {
  const length = bitsOf(address.family) / 8
  return Uint8Array.from({ length }, (_, index) => Number((address.value >> BigInt(8 * (length - 1 - index))) & 255n))
}

export const addressFromBytes = (bytes: Uint8Array): Address => ({ family: bytes.length === 4 ? 4 : 6, value: bytes.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n) })
