import { EngineError } from '#shared/errors.ts'
import type { PortBinding, PortMapping } from '../sandbox.ts'
import { ephemeralRange } from './ephemeral.ts'
import { probePort, type Occupation } from './free-port.ts'

/**
 * Which container has which port of the host.
 *
 * A claim is made in memory before the host is asked, so that two starts at the same moment cannot both be told that a port is free.
 */
export interface PortClaims {
  /**
   * Turns wishes into mappings and claims them for the owner. A wish that `keep` already fulfils takes that mapping as it is.
   * @throws conflict (port-allocated); nothing new is claimed then.
   */
  claim(owner: string, bindings: readonly PortBinding[], keep?: readonly PortMapping[]): Promise<PortMapping[]>
  /** Takes up mappings that are in force, without asking. */
  adopt(owner: string, mappings: readonly PortMapping[]): void
  release(mappings: readonly PortMapping[]): void
}

const ANY4 = '0.0.0.0'
const ANY6 = '::'
type Probe = (protocol: PortMapping['protocol'], address: string, port: number) => Promise<Occupation>

export function createPortClaims(options: { ipv6: boolean; probe?: Probe; range?: () => Promise<{ first: number; last: number }> }): PortClaims {
  const { probe = probePort, range = ephemeralRange } = options
  /** `tcp/8080` → address → owner. */
  const owners = new Map<string, Map<string, string>>()
  let cursor = 0

  const put = (owner: string, mapping: PortMapping) => {
    const there = owners.get(slot(mapping)) ?? new Map<string, string>()
    owners.set(slot(mapping), there.set(mapping.hostIp, owner))
  }
  function drop(mapping: PortMapping) {
    const there = owners.get(slot(mapping))
    if (there?.delete(mapping.hostIp) && there.size === 0) owners.delete(slot(mapping))
  }
  function ownerInTheWay(mapping: PortMapping): string | undefined {
    for (const [address, owner] of owners.get(slot(mapping)) ?? []) if (addressesMeet(address, mapping.hostIp)) return owner
    return undefined
  }

  /** Claims the port on all of the addresses or on none. */
  async function tryPort(owner: string, wanted: readonly PortMapping[]): Promise<Refusal | undefined> {
    for (const mapping of wanted) {
      const other = ownerInTheWay(mapping)
      if (other !== undefined) return { mapping, occupation: 'taken', owner: other }
    }
    for (const mapping of wanted) put(owner, mapping)
    for (const mapping of wanted) {
      const occupation = await probe(mapping.protocol, mapping.hostIp, mapping.hostPort)
      if (occupation === 'free') continue
      for (const each of wanted) drop(each)
      return { mapping, occupation }
    }
    return undefined
  }

  async function claimOne(owner: string, binding: PortBinding): Promise<PortMapping[]> {
    let refusal: Refusal | undefined
    for await (const hostPort of candidates(binding)) {
      const wanted = addressesFor(binding.hostIp, options.ipv6).map((hostIp) => ({ protocol: binding.protocol, containerPort: binding.containerPort, hostIp, hostPort }))
      const found = await tryPort(owner, wanted)
      if (!found) return wanted
      refusal = found
    }
    throw refusalError(binding, refusal)
  }

  async function* candidates({ hostPort }: PortBinding): AsyncIterable<number> {
    if (typeof hostPort === 'number' && hostPort !== 0) return void (yield hostPort)
    if (Array.isArray(hostPort)) {
      for (let port = hostPort[0] as number; port <= (hostPort[1] as number); port++) yield port
      return
    }
    const { first, last } = await range()
    for (let tries = first; tries <= last; tries++) {
      cursor = cursor < first || cursor >= last ? first : cursor + 1
      yield cursor
    }
  }

  return {
    adopt: (owner, mappings) => mappings.forEach((mapping) => put(owner, mapping)),
    release: (mappings) => mappings.forEach(drop),
    async claim(owner, bindings, keep = []) {
      const claimed: PortMapping[] = []
      const all: PortMapping[] = []
      try {
        for (const [index, binding] of bindings.entries()) {
          const kept = keep.filter((mapping) => fulfils(mapping, binding, options.ipv6))
          const mappings = kept.length > 0 ? kept : await claimOne(owner, binding).catch((error: unknown) => Promise.reject(atField(error, index)))
          if (kept.length === 0) claimed.push(...mappings)
          all.push(...mappings)
        }
        return all
      } catch (error) {
        for (const mapping of claimed) drop(mapping)
        throw error
      }
    },
  }
}

interface Refusal {
  mapping: PortMapping
  occupation: Occupation
  owner?: string
}

const slot = (mapping: Pick<PortMapping, 'protocol' | 'hostPort'>) => `${mapping.protocol}/${mapping.hostPort}`
const isAny = (address: string) => address === ANY4 || address === ANY6
const addressesMeet = (one: string, other: string) => one.includes(':') === other.includes(':') && (one === other || isAny(one) || isAny(other))
const addressesFor = (hostIp: string, ipv6: boolean) => (hostIp !== '' ? [hostIp] : ipv6 ? [ANY4, ANY6] : [ANY4])

function fulfils(mapping: PortMapping, binding: PortBinding, ipv6: boolean): boolean {
  const { hostPort } = binding
  const portFits = hostPort === undefined || hostPort === 0 || (typeof hostPort === 'number' ? hostPort === mapping.hostPort : mapping.hostPort >= hostPort[0] && mapping.hostPort <= hostPort[1])
  return portFits && mapping.protocol === binding.protocol && mapping.containerPort === binding.containerPort && addressesFor(binding.hostIp, ipv6).includes(mapping.hostIp)
}

function refusalError(binding: PortBinding, refusal: Refusal | undefined): EngineError {
  const at = refusal ? `${formatHost(refusal.mapping.hostIp)}:${refusal.mapping.hostPort}` : `${binding.hostIp}:0`
  if (refusal?.occupation === 'not-permitted')
    return new EngineError('forbidden', `cannot expose privileged port ${at}: permission denied`, { reason: 'privileged-port', hint: 'Choose a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start.' })
  if (refusal?.occupation === 'no-such-address')
    return new EngineError('invalid-argument', `failed to bind host port for ${at}: cannot assign requested address`, { reason: 'no-such-address', hint: 'This machine has no such address.' })
  const hint = refusal?.owner === undefined ? 'Another program on this machine uses it. Choose another port.' : `Container ${refusal.owner.slice(0, 12)} uses it. Choose another port, or stop that container.`
  return new EngineError('conflict', `Bind for ${at} failed: port is already allocated`, { reason: 'port-allocated', hint })
}
const formatHost = (address: string) => (address.includes(':') ? `[${address}]` : address)

const atField = (error: unknown, index: number) =>
  error instanceof EngineError ? new EngineError(error.code, error.message, { reason: error.reason, hint: error.hint, field: `ports[${index}].hostPort`, cause: error.cause }) : error
