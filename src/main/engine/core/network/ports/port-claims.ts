import { EngineError } from '#shared/errors.ts'
import type { PortBinding, PortMapping } from '../sandbox.ts'
import { ephemeralRange } from './ephemeral.ts'
import { probePort, type Occupation } from './free-port.ts'
import { ANY4, ANY6, createPortOwners, type PortOwners } from './port-owners.ts'

/**
 * Turns wishes into mappings.
 *
 * A claim is made in memory before the host is asked, so that two starts at the same moment cannot both be told that a port is free.
 */
export interface PortClaims {
  /**
   * Claims ports for the owner, in place of those it has from before (`current`): a wish that one of these fulfils takes it as it is, the others are
   * given back and may be taken for another wish. @throws conflict (port-allocated); the owner has what it had then.
   */
  claim(owner: string, bindings: readonly PortBinding[], current?: readonly PortMapping[]): Promise<PortMapping[]>
  /** Takes up mappings that are in force, without asking. */
  adopt(owner: string, mappings: readonly PortMapping[]): void
  release(mappings: Iterable<PortMapping>): void
}

export interface PortClaimsOptions {
  /** Whether a port of the host could be listened on now. */
  probe?: (protocol: PortMapping['protocol'], address: string, port: number) => Promise<Occupation>
  /** Where random ports come from. */
  range?: () => Promise<{ first: number; last: number }>
}

export function createPortClaims(options: PortClaimsOptions = {}): PortClaims {
  const { probe = probePort, range = ephemeralRange } = options
  const owners = createPortOwners()
  const candidates = createCandidates(range)
  async function claimOne(attempt: Omit<Attempt, 'wanted'>, binding: PortBinding): Promise<PortMapping[]> {
    let refusal: Refusal | undefined
    for await (const hostPort of candidates(binding)) {
      const outcome = await tryPort(owners, { ...attempt, wanted: mappingsFor(binding, hostPort) })
      if (Array.isArray(outcome)) return outcome
      refusal = outcome
    }
    throw refusalError(binding, refusal)
  }
  const adopt = (owner: string, mappings: Iterable<PortMapping>) => {
    for (const mapping of mappings) owners.put(owner, mapping)
  }
  const release = (mappings: Iterable<PortMapping>) => {
    for (const mapping of mappings) owners.drop(mapping)
  }
  return {
    adopt,
    release,
    async claim(owner, bindings, current = []) {
      using undo = new DisposableStack()
      const kept = keptBy(bindings, current)
      const yielded = new Set(current).difference(new Set(kept.flat()))
      undo.defer(() => adopt(owner, yielded))
      release(yielded)
      const own = new Set([...yielded].map(socketKey))
      const claimed = new Map<PortBinding, PortMapping[]>()
      for (const [index, binding] of inOrderOfClaim(bindings)) {
        if (kept[index]!.length > 0) continue
        const mappings = await claimOne({ owner, own, probe }, binding).catch((error: unknown) => Promise.reject(atField(error, index)))
        undo.defer(() => release(mappings))
        claimed.set(binding, mappings)
      }
      undo.move()
      return bindings.flatMap((binding, index) => [...kept[index]!, ...(claimed.get(binding) ?? [])])
    },
  }
}

/** The particular before the arbitrary, or a random port might be the one that the next wish is for. */
function inOrderOfClaim(bindings: readonly PortBinding[]): [number, PortBinding][] {
  const freedom = ({ hostPort }: PortBinding) => (!hostPort ? 2 : typeof hostPort === 'object' ? 1 : 0)
  return [...bindings.entries()].sort(([, a], [, b]) => freedom(a) - freedom(b))
}

/** For each wish, what it has already. */
function keptBy(bindings: readonly PortBinding[], current: readonly PortMapping[]): PortMapping[][] {
  const byTarget = Map.groupBy(current, targetKey)
  return bindings.map((binding) => (byTarget.get(targetKey(binding)) ?? []).filter((mapping) => fulfils(mapping, binding)))
}
const targetKey = ({ protocol, containerPort }: Pick<PortMapping, 'protocol' | 'containerPort'>) => `${protocol}/${containerPort}`
const socketKey = ({ protocol, hostIp, hostPort }: PortMapping) => `${protocol} ${hostIp} ${hostPort}`

interface Attempt {
  owner: string
  /** Sockets that the owner's own mapping may be listening on now: asking the host about them says nothing. */
  own: ReadonlySet<string>
  probe: NonNullable<PortClaimsOptions['probe']>
  wanted: readonly PortMapping[]
}

interface Refusal {
  mapping: PortMapping
  occupation: Occupation
  owner?: string
}

/** Claims the port on all of the addresses or on none. `[::]` of "all addresses" is left out where the machine has no IPv6. */
async function tryPort(owners: PortOwners, { owner, own, probe, wanted }: Attempt): Promise<PortMapping[] | Refusal> {
  for (const mapping of wanted) {
    const other = owners.find(mapping)
    if (other !== undefined) return { mapping, occupation: 'taken', owner: other }
  }
  using undo = new DisposableStack()
  for (const mapping of wanted) {
    owners.put(owner, mapping)
    undo.defer(() => owners.drop(mapping))
  }
  const claimed: PortMapping[] = []
  for (const mapping of wanted) {
    const occupation = own.has(socketKey(mapping)) ? 'free' : await probe(mapping.protocol, mapping.hostIp, mapping.hostPort)
    if (occupation === 'free') claimed.push(mapping)
    else if (occupation === 'no-such-address' && mapping.hostIp === ANY6 && wanted.length > 1) owners.drop(mapping)
    else return { mapping, occupation }
  }
  undo.move()
  return claimed
}

/** Host ports that would do for the wish, in the order to be tried. Random ones go round, so that a port just given back rests. */
function createCandidates(range: () => Promise<{ first: number; last: number }>) {
  let cursor = 0
  return async function* ({ hostPort }: PortBinding): AsyncIterable<number> {
    if (typeof hostPort === 'number' && hostPort !== 0) return void (yield hostPort)
    if (typeof hostPort === 'object') {
      for (let port = hostPort[0]; port <= hostPort[1]; port++) yield port
      return
    }
    const { first, last } = await range()
    for (let tries = first; tries <= last; tries++) {
      cursor = cursor < first || cursor >= last ? first : cursor + 1
      yield cursor
    }
  }
}

const addressesFor = (hostIp: string) => (hostIp === '' ? [ANY4, ANY6] : [hostIp])
const mappingsFor = ({ hostIp, protocol, containerPort }: PortBinding, hostPort: number): PortMapping[] => addressesFor(hostIp).map((address) => ({ protocol, containerPort, hostIp: address, hostPort }))

function fulfils(mapping: PortMapping, { hostPort, hostIp }: PortBinding): boolean {
  const portFits = hostPort === undefined || hostPort === 0 || (typeof hostPort === 'number' ? hostPort === mapping.hostPort : mapping.hostPort >= hostPort[0] && mapping.hostPort <= hostPort[1])
  return portFits && addressesFor(hostIp).includes(mapping.hostIp)
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
