import type { PortMapping } from '../sandbox.ts'

/** Who has which port of the host. A wildcard address meets every address of its family, and no other family. */
export interface PortOwners {
  put(owner: string, mapping: PortMapping): void
  drop(mapping: PortMapping): void
  /** Somebody who has the port on an address that meets the mapping's. */
  find(mapping: PortMapping): string | undefined
}

export const ANY4 = '0.0.0.0'
export const ANY6 = '::'

export function createPortOwners(): PortOwners {
  /** `tcp/8080` → address → owner. */
  const owners = new Map<string, Map<string, string>>()
  const slot = (mapping: PortMapping) => `${mapping.protocol}/${mapping.hostPort}`
  return {
    put(owner, mapping) {
      const there = owners.get(slot(mapping)) ?? new Map<string, string>()
      owners.set(slot(mapping), there.set(mapping.hostIp, owner))
    },
    drop(mapping) {
      const there = owners.get(slot(mapping))
      if (there?.delete(mapping.hostIp) && there.size === 0) owners.delete(slot(mapping))
    },
    find(mapping) {
      for (const [address, owner] of owners.get(slot(mapping)) ?? []) if (addressesMeet(address, mapping.hostIp)) return owner
      return undefined
    },
  }
}

const isAny = (address: string) => address === ANY4 || address === ANY6
const addressesMeet = (one: string, other: string) => one.includes(':') === other.includes(':') && (one === other || isAny(one) || isAny(other))
