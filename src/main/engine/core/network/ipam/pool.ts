import { EngineError } from '#shared/errors.ts'
import { type Address, type Cidr, contains, formatAddress, formatCidr, lastOf } from './address.ts'

/**
 * The addresses of one subnet.
 *
 * Next-free: the search goes on where the last one ended and wraps, so that an address just given back is used last and what others remember
 * of it (ARP, connections, DNS answers) has faded. Memory is proportional to what is taken, never to the size of the subnet, so a /64 costs nothing.
 */
export interface Pool {
  readonly subnet: Cidr
  /** Takes the next free address. @throws resource-exhausted when there is none. */
  acquire(): Address
  /** Takes this one. @throws invalid-argument outside the subnet, forbidden (address-in-use) when it is taken or reserved. */
  acquireStatic(address: Address): void
  release(address: Address): void
  readonly taken: number
}

export interface PoolPlan {
  subnet: Cidr
  /** Where acquire() looks; the subnet when left out. */
  range?: Cidr
  /** The gateway, auxiliary addresses: nobody gets them. */
  reserved: readonly Address[]
}

export function createPool(plan: PoolPlan): Pool {
  const { subnet, range = subnet } = plan
  const reserved = new Set(plan.reserved.filter((address) => contains(subnet, address)).map((address) => address.value))
  const taken = new Set<bigint>()
  const first = usableFirst(subnet, range)
  const last = usableLast(subnet, range)
  let next = first
  const free = (value: bigint) => !taken.has(value) && !reserved.has(value)
  return {
    subnet,
    get taken() {
      return taken.size
    },
    acquire() {
      // Among one more candidates than are occupied, one is free, unless the range is shorter than that.
      const limit = BigInt(taken.size + reserved.size + 1)
      for (let tries = 0n; tries < limit && first <= last; tries++) {
        const value = next
        next = value >= last ? first : value + 1n
        if (!free(value)) continue
        taken.add(value)
        return { family: subnet.family, value }
      }
      throw new EngineError('resource-exhausted', `no available IPv${subnet.family} addresses on this network's address pools: ${formatCidr(range)}`, { reason: 'pool-exhausted', hint: 'Remove containers from the network, or create one with a larger subnet.' })
    },
    acquireStatic(address) {
      if (!contains(subnet, address)) throw new EngineError('invalid-argument', `no configured subnet contains IP address ${formatAddress(address)}`, { reason: 'address-outside-subnet', hint: `Choose one in ${formatCidr(subnet)}.` })
      if (!free(address.value) || outsideHosts(subnet, address)) throw new EngineError('forbidden', 'Address already in use', { reason: 'address-in-use', hint: `${formatAddress(address)} belongs to another container, the gateway, or the subnet itself.` })
      taken.add(address.value)
    },
    release: (address) => void taken.delete(address.value),
  }
}

/** IPv4 keeps the first address (the subnet's own) and the last (broadcast); IPv6 the first (subnet-router anycast, RFC 4291 2.6.1). */
export function outsideHosts(subnet: Cidr, address: Address): boolean {
  if (isPointToPoint(subnet)) return false
  return address.value === subnet.base || (subnet.family === 4 && address.value === lastOf(subnet))
}

/** RFC 3021 (/31), RFC 6164 (/127): every address of a link of two is a host's. */
const isPointToPoint = (subnet: Cidr) => subnet.prefix >= (subnet.family === 4 ? 31 : 127)

function usableFirst(subnet: Cidr, range: Cidr): bigint {
  return !isPointToPoint(subnet) && range.base === subnet.base ? range.base + 1n : range.base
}

function usableLast(subnet: Cidr, range: Cidr): bigint {
  return !isPointToPoint(subnet) && subnet.family === 4 && lastOf(range) === lastOf(subnet) ? lastOf(range) - 1n : lastOf(range)
}
