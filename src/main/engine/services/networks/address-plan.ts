import { EngineError } from '#shared/errors.ts'
import { contains, formatAddress, formatCidr, includes, overlaps, parseAddress, parseCidr, readAddress, type Cidr } from '../../core/network/ipam/address.ts'
import { outsideHosts } from '../../core/network/ipam/pool.ts'
import { chooseSubnet, chooseSubnet6, refuseOverlap, type SubnetPool } from '../../core/network/ipam/subnets.ts'
import type { Subnet } from './network-record.ts'
import type { AddressPlan } from './networks-service.ts'

export interface AddressPlanInput {
  config: readonly AddressPlan[]
  ipv4: boolean
  ipv6: boolean
  /** Subnets of the other networks. */
  networks: readonly Cidr[]
  /** Where the host has routes to; chosen subnets keep clear of them, wished ones need not. */
  routes: readonly Cidr[]
  /** Where subnets come from when none is named; Docker's own when left out. */
  pools?: readonly SubnetPool[]
  /** 40 random bits that this engine's IPv6 subnets share. */
  globalId: bigint
  /** False for a driver whose gateway is a router of the physical network, which nobody but the user knows. */
  inventsGateway: boolean
}

/** The subnets a network gets: as asked for, completed, and refused where they cannot be. @throws invalid-argument, forbidden (overlap). */
export function planAddresses(input: AddressPlanInput): Subnet[] {
  const wished = input.config
  refuseInvalid(wished)
  const relevant = wished.map((plan) => ({ plan, subnet: parseCidr(plan.subnet ?? '') })).filter(({ subnet }) => input.ipv6 || subnet.family === 4)
  const subnets = relevant.map(({ subnet }) => subnet)
  subnets.forEach((subnet, index) => refuseOverlap(subnet, [...input.networks, ...subnets.slice(0, index)]))
  const occupied = [...input.networks, ...input.routes, ...subnets]
  const planned = relevant.map(({ plan, subnet }) => complete(plan, subnet, input.inventsGateway))
  const choose = (subnet: Cidr): Subnet => ({ ...complete({}, subnet, input.inventsGateway), chosen: true })
  const has = (family: 4 | 6) => subnets.some((subnet) => subnet.family === family)
  if (input.ipv4 && !has(4)) planned.unshift(choose(chooseSubnet(occupied, input.pools)))
  if (input.ipv6 && !has(6)) planned.push(choose(chooseSubnet6(occupied, input.globalId)))
  return planned
}

function complete(plan: AddressPlan, subnet: Cidr, inventsGateway: boolean): Subnet {
  const auxiliary = Object.entries(plan.auxiliaryAddresses ?? {}).map(([name, address]) => [name, formatAddress(parseAddress(address))] as const)
  refuseTaken(plan, subnet)
  const gateway = plan.gateway ? formatAddress(parseAddress(plan.gateway)) : inventsGateway ? firstFree(subnet, auxiliary.map(([, address]) => address)) : undefined
  return {
    subnet: formatCidr(subnet),
    gateway,
    ipRange: plan.ipRange ? formatCidr(parseCidr(plan.ipRange)) : undefined,
    auxiliaryAddresses: auxiliary.length > 0 ? Object.fromEntries(auxiliary) : undefined,
  }
}

/** The gateway and the auxiliary addresses are some host's, and each only one's. */
function refuseTaken(plan: AddressPlan, subnet: Cidr): void {
  const taken = new Set<bigint>()
  const take = (text: string, what: string) => {
    const address = parseAddress(text)
    if (taken.has(address.value) || outsideHosts(subnet, address)) throw new EngineError('invalid-argument', `failed to allocate ${what}: Address already in use`, { reason: 'invalid-address-plan' })
    taken.add(address.value)
  }
  if (plan.gateway) take(plan.gateway, `gateway (${plan.gateway})`)
  for (const [name, address] of Object.entries(plan.auxiliaryAddresses ?? {})) take(address, `secondary ip address (${name}:${address})`)
}

function firstFree(subnet: Cidr, taken: readonly string[]): string {
  for (let value = subnet.base + (subnet.prefix >= (subnet.family === 4 ? 31 : 127) ? 0n : 1n); ; value++) {
    const text = formatAddress({ family: subnet.family, value })
    if (!taken.includes(text)) return text
  }
}

/** All complaints at once, in Docker's words. */
function refuseInvalid(plans: readonly AddressPlan[]): void {
  const complaints = plans.flatMap(complaintsAbout)
  if (complaints.length > 0) throw new EngineError('invalid-argument', `invalid network config:\n${complaints.join('\n')}`, { reason: 'invalid-address-plan' })
}

/** "This network", loopback, multicast and reserved: https://www.iana.org/assignments/iana-ipv4-special-registry, RFC 4291. */
const UNUSABLE = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3', '::/128', '::1/128', 'ff00::/8', 'fe80::/10'].map(parseCidr)

function complaintsAbout(plan: AddressPlan): string[] {
  const text = plan.subnet ?? ''
  const subnet = tryCidr(text)
  if (!subnet) return [`invalid subnet ${text}: invalid CIDR block notation`]
  const complaints: string[] = []
  if (UNUSABLE.some((block) => overlaps(block, subnet))) complaints.push(`invalid subnet ${text}: its addresses are not those of hosts`)
  if (!isCanonical(text, subnet)) complaints.push(`invalid subnet ${text}: it should be ${formatCidr(subnet)}`)
  if (plan.ipRange) complaints.push(...complaintsAboutRange(plan.ipRange, text, subnet))
  if (plan.gateway) complaints.push(...complaintsAboutAddress(plan.gateway, `gateway ${plan.gateway}`, text, subnet))
  for (const [name, address] of Object.entries(plan.auxiliaryAddresses ?? {})) complaints.push(...complaintsAboutAddress(address, `auxiliary address ${name}`, text, subnet))
  return complaints
}

function complaintsAboutRange(text: string, subnetText: string, subnet: Cidr): string[] {
  const range = tryCidr(text)
  if (!range) return [`invalid ip-range ${text}: invalid CIDR block notation`]
  if (range.family !== subnet.family) return [`invalid ip-range ${text}: parent subnet is an IPv${subnet.family} block`]
  const complaints: string[] = []
  if (range.prefix < subnet.prefix) complaints.push(`invalid ip-range ${text}: CIDR block is bigger than its parent subnet ${subnetText}`)
  if (!isCanonical(text, range)) complaints.push(`invalid ip-range ${text}: it should be ${formatCidr(range)}`)
  if (!includes(subnet, range) && !overlaps(subnet, range)) complaints.push(`invalid ip-range ${text}: parent subnet ${subnetText} doesn't contain ip-range`)
  return complaints
}

function complaintsAboutAddress(text: string, what: string, subnetText: string, subnet: Cidr): string[] {
  const address = readAddress(text)
  if (!address) return [`invalid ${what}: invalid address`]
  if (address.family !== subnet.family) return [`invalid ${what}: parent subnet is an IPv${subnet.family} block`]
  return contains(subnet, address) ? [] : [`invalid ${what}: parent subnet ${subnetText} doesn't contain this address`]
}

function tryCidr(text: string): Cidr | undefined {
  try {
    return parseCidr(text)
  } catch {
    return undefined
  }
}
const isCanonical = (text: string, cidr: Cidr) => readAddress(text.split('/')[0]!)?.value === cidr.base
