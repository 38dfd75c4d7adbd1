import type { NetworkSummary } from '../contract/networks.ts'
import { contains, overlaps, lastOf, readAddress, readCidr, formatCidr, type Cidr } from './address.ts'

export type SubnetProblem = { key: 'block' } | { key: 'canonical'; block: string } | { key: 'overlap'; network: string; free: string } | { key: 'unusable' }
export type AddressProblem = { key: 'address' | 'outside' | 'reserved' } | { key: 'taken'; owner: string }

type Known = Pick<NetworkSummary, 'name' | 'subnets'>

/** "This network", loopback, multicast and reserved, link-local. */
const UNUSABLE = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', 'ff00::/8', 'fe80::/10'].flatMap((text) => readCidr(text) ?? [])

/** RFC 1918. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].flatMap((text) => readCidr(text) ?? [])

/** What is wrong with a subnet as typed, said before the engine is asked. */
export function subnetProblem(text: string, networks: readonly Known[]): SubnetProblem | undefined {
  const block = readCidr(text)
  if (!block) return { key: 'block' }
  if (UNUSABLE.some((each) => overlaps(each, block))) return { key: 'unusable' }
  const written = formatCidr(block)
  if (readAddress(text.split('/')[0] ?? '')?.value !== block.base) return { key: 'canonical', block: written }
  const other = networks.find(({ subnets }) => subnets.some(({ subnet }) => overlapsText(block, subnet)))
  return other && { key: 'overlap', network: other.name, free: freeSubnet(networks, block) }
}

/** A gateway must be a host of the subnet. */
export function gatewayProblem(text: string, subnet: string): AddressProblem | undefined {
  const [address, block] = [readAddress(text), readCidr(subnet)]
  if (!address) return { key: 'address' }
  if (!block) return undefined
  if (!contains(block, address)) return { key: 'outside' }
  return isEdge(block, address.value) ? { key: 'reserved' } : undefined
}

/** The address a container wishes for on a network. `taken`: who has which address there. */
export function wishedAddressProblem(text: string, network: Pick<NetworkSummary, 'subnets'>, taken: ReadonlyMap<string, string>): AddressProblem | undefined {
  const address = readAddress(text)
  if (!address) return { key: 'address' }
  const owner = taken.get(text)
  if (owner !== undefined) return { key: 'taken', owner }
  const home = network.subnets.find(({ subnet }) => holdsText(subnet, text))
  if (!home) return { key: 'outside' }
  const block = readCidr(home.subnet)
  return home.gateway === text || (block && isEdge(block, address.value)) ? { key: 'reserved' } : undefined
}

/** The first subnet that meets no network: of the size of `like` where one was wished for, else from the ranges Docker takes its own from. */
export function freeSubnet(networks: readonly Known[], like?: Cidr): string {
  const taken = networks.flatMap(({ subnets }) => subnets.flatMap(({ subnet }) => readCidr(subnet) ?? []))
  for (const candidate of candidates(like)) if (!taken.some((block) => overlaps(block, candidate))) return formatCidr(candidate)
  return ''
}

/** Of a size: what follows the wish in its own private range, then Docker's pools. */
function* candidates(like: Cidr | undefined): Generator<Cidr> {
  const limit = 512
  const home = like && PRIVATE.find((range) => contains(range, { family: 4, value: like.base }) && like.prefix >= range.prefix)
  if (like && home) {
    const size = 1n << BigInt(32 - like.prefix)
    for (let step = 1n; step <= limit && like.base + step * size <= lastOf(home); step++) yield { ...like, base: like.base + step * size }
  }
  if (like?.family === 6) for (let step = 1n; step <= limit; step++) yield { ...like, base: like.base + (step << BigInt(Math.max(64, 128 - like.prefix))) }
  for (let second = 18n; second < 32n; second++) yield { family: 4, base: (172n << 24n) + (second << 16n), prefix: 16 }
  for (let third = 0n; third < 256n; third += 16n) yield { family: 4, base: (192n << 24n) + (168n << 16n) + (third << 8n), prefix: 20 }
}

/** Network and broadcast address; a /31 has neither (RFC 3021). */
const isEdge = (block: Cidr, value: bigint) => block.family === 4 && block.prefix < 31 && (value === block.base || value === lastOf(block))
const overlapsText = (block: Cidr, text: string) => {
  const other = readCidr(text)
  return other !== undefined && overlaps(block, other)
}
const holdsText = (subnet: string, text: string) => {
  const [block, address] = [readCidr(subnet), readAddress(text)]
  return block !== undefined && address !== undefined && contains(block, address)
}
