import { EngineError } from '#shared/errors.ts'
import { type Cidr, cidrOf, formatCidr, lastOf, overlaps, parseCidr } from './address.ts'

/** A block that is cut into subnets of one size. */
export interface SubnetPool {
  block: Cidr
  prefix: number
}

/** Where subnets come from when the user names none: Docker's own defaults, https://docs.docker.com/engine/network/#subnet-allocation. */
const DEFAULT_POOLS: readonly SubnetPool[] = [
  { block: parseCidr('172.17.0.0/16'), prefix: 16 },
  { block: parseCidr('172.18.0.0/16'), prefix: 16 },
  { block: parseCidr('172.19.0.0/16'), prefix: 16 },
  { block: parseCidr('172.20.0.0/14'), prefix: 16 },
  { block: parseCidr('172.24.0.0/14'), prefix: 16 },
  { block: parseCidr('172.28.0.0/14'), prefix: 16 },
  { block: parseCidr('192.168.0.0/16'), prefix: 20 },
]

/** The first subnet of the pools, Docker's where there are none, that overlaps nothing in `occupied`: other networks and the routes of the host. @throws resource-exhausted. */
export function chooseSubnet(occupied: readonly Cidr[], pools: readonly SubnetPool[] = []): Cidr {
  for (const { block, prefix } of pools.length > 0 ? pools : DEFAULT_POOLS) {
    const step = 1n << BigInt(32 - prefix)
    for (let base = block.base; base <= lastOf(block); base += step) {
      const candidate: Cidr = { family: 4, base, prefix }
      if (!occupied.some((other) => overlaps(other, candidate))) return candidate
    }
  }
  throw new EngineError('forbidden', 'all predefined address pools have been fully subnetted', { reason: 'pools-exhausted', hint: 'Remove unused networks, or name a subnet.' })
}

/** `base=10.64.0.0/12,size=24`, as dockerd takes it. @throws invalid-argument */
export function parseAddressPool(text: string): SubnetPool {
  const fields = new Map(text.split(',').map((field) => field.split('=', 2).map((part) => part.trim()) as [string, string | undefined]))
  const [base, size] = [fields.get('base'), Number(fields.get('size'))]
  if (base === undefined || fields.size !== 2 || !fields.get('size')) throw new EngineError('invalid-argument', `An address pool is written base=10.64.0.0/12,size=24, not ${text}`, { field: 'addressPools' })
  const block = parseCidr(base)
  if (block.family !== 4 || !Number.isInteger(size) || size < block.prefix || size > 29) throw new EngineError('invalid-argument', `An address pool is an IPv4 block cut into subnets between its own size and /29; ${text} is not`, { field: 'addressPools' })
  return { block, prefix: size }
}
/** The same as `docker info` tells it. */
export const describePool = ({ block, prefix }: SubnetPool): { Base: string; Size: number } => ({ Base: formatCidr(block), Size: prefix })

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
