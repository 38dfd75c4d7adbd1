import { EngineError } from '#shared/errors.ts'
import { type Cidr, cidrOf, lastOf, overlaps, parseCidr } from './address.ts'

/** Where subnets come from when the user names none: Docker's own defaults, https://docs.docker.com/engine/network/#subnet-allocation. */
const DEFAULT_POOLS: readonly { block: Cidr; prefix: number }[] = [
  { block: parseCidr('172.17.0.0/16'), prefix: 16 },
  { block: parseCidr('172.18.0.0/16'), prefix: 16 },
  { block: parseCidr('172.19.0.0/16'), prefix: 16 },
  { block: parseCidr('172.20.0.0/14'), prefix: 16 },
  { block: parseCidr('172.24.0.0/14'), prefix: 16 },
  { block: parseCidr('172.28.0.0/14'), prefix: 16 },
  { block: parseCidr('192.168.0.0/16'), prefix: 20 },
]

/** The first default subnet that overlaps nothing in `occupied`: other networks and the routes of the host. @throws resource-exhausted. */
export function chooseSubnet(occupied: readonly Cidr[]): Cidr {
  for (const { block, prefix } of DEFAULT_POOLS) {
    const step = 1n << BigInt(32 - prefix)
    for (let base = block.base; base <= lastOf(block); base += step) {
      const candidate: Cidr = { family: 4, base, prefix }
      if (!occupied.some((other) => overlaps(other, candidate))) return candidate
    }
  }
  throw new EngineError('forbidden', 'all predefined address pools have been fully subnetted', { reason: 'pools-exhausted', hint: 'Remove unused networks, or name a subnet.' })
}

/** A random /64 of the unique local addresses (RFC 4193) inside the engine's /48. */
export function chooseSubnet6(occupied: readonly Cidr[], global: bigint): Cidr {
  const block = cidrOf({ family: 6, value: (0xfdn << 120n) | ((global & 0xff_ffff_ffffn) << 80n) }, 48)
  for (let number = 0n; number < 65_536n; number++) {
    const candidate: Cidr = { family: 6, base: block.base | (number << 64n), prefix: 64 }
    if (!occupied.some((other) => overlaps(other, candidate))) return candidate
  }
  throw new EngineError('forbidden', 'all predefined IPv6 address pools have been fully subnetted', { reason: 'pools-exhausted' })
}

/** @throws forbidden with Docker's words when the wished subnet is another network's too. */
export function refuseOverlap(wished: Cidr, networks: readonly Cidr[]): void {
  if (networks.some((other) => overlaps(other, wished)))
    throw new EngineError('forbidden', 'invalid pool request: Pool overlaps with other one on this address space', { reason: 'subnet-overlap', hint: 'Choose a subnet that no other network has.' })
}
