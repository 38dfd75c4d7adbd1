import { EngineError } from '#shared/errors.ts'
import { contains, formatAddress, parseAddress, parseCidr, readAddress, type Address } from '../../core/network/ipam/address.ts'
import { createPool, type Pool } from '../../core/network/ipam/pool.ts'
import type { NetworkRecord, Subnet } from './network-record.ts'

export interface GivenAddress {
  address: Address
  prefix: number
  gateway?: Address
}

/** The pools of every network, made from its record when first needed. Which addresses are taken is known from the endpoints alone. */
export interface AddressPools {
  /** An address of that family; `wished` exactly if given. Undefined when the network has no subnet of the family. */
  acquire(network: NetworkRecord, family: 4 | 6, wished: string | undefined): GivenAddress | undefined
  release(networkId: string, address: string): void
  /** Marks an address as taken that an endpoint has from before. */
  adopt(network: NetworkRecord, address: string): void
  forget(networkId: string): void
}

interface PoolEntry {
  pool: Pool
  gateway: Address | undefined
}

export function createAddressPools(): AddressPools {
  const pools = new Map<string, PoolEntry[]>()
  function of(network: NetworkRecord): PoolEntry[] {
    const made = pools.get(network.id) ?? network.subnets.map(makeEntry)
    pools.set(network.id, made)
    return made
  }
  const given = ({ pool, gateway }: PoolEntry, address: Address): GivenAddress => ({ address, prefix: pool.subnet.prefix, gateway })
  return {
    acquire(network, family, wished) {
      const entries = of(network).filter(({ pool }) => pool.subnet.family === family)
      if (wished !== undefined && wished !== '') return acquireWished(entries, family, wished, given)
      for (const entry of entries.slice(0, -1)) {
        const address = tryAcquire(entry.pool)
        if (address) return given(entry, address)
      }
      const last = entries.at(-1)
      return last && given(last, last.pool.acquire())
    },
    release(networkId, text) {
      const address = parseAddress(text)
      for (const { pool } of pools.get(networkId) ?? []) if (contains(pool.subnet, address)) pool.release(address)
    },
    adopt(network, text) {
      const address = readAddress(text)
      if (!address) return
      const entry = of(network).find(({ pool }) => contains(pool.subnet, address))
      try {
        entry?.pool.acquireStatic(address)
      } catch {
        // Two live containers with one address: as the kernel has it, so it is.
      }
    },
    forget: (networkId) => void pools.delete(networkId),
  }
}

function acquireWished(entries: readonly PoolEntry[], family: 4 | 6, wished: string, given: (entry: PoolEntry, address: Address) => GivenAddress): GivenAddress {
  const address = readAddress(wished)
  if (address?.family !== family) throw new EngineError('invalid-argument', `invalid IPv${family} address: ${wished}`, { reason: 'invalid-address', field: `ipv${family}` })
  const entry = entries.find(({ pool }) => contains(pool.subnet, address))
  if (!entry) throw new EngineError('invalid-argument', `no configured subnet or ip-range contain the IP address ${formatAddress(address)}`, { reason: 'address-outside-subnet', field: `ipv${family}` })
  entry.pool.acquireStatic(address)
  return given(entry, address)
}

function tryAcquire(pool: Pool): Address | undefined {
  try {
    return pool.acquire()
  } catch {
    return undefined
  }
}

function makeEntry(subnet: Subnet): PoolEntry {
  const gateway = subnet.gateway === undefined ? undefined : parseAddress(subnet.gateway)
  const auxiliary = Object.values(subnet.auxiliaryAddresses ?? {}).map(parseAddress)
  return { gateway, pool: createPool({ subnet: parseCidr(subnet.subnet), range: subnet.ipRange ? parseCidr(subnet.ipRange) : undefined, reserved: gateway ? [gateway, ...auxiliary] : auxiliary }) }
}
