import { canStop, type ContainerAttachment, type ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'

/** How one container comes to another, or why it does not. */
export type Reach =
  /** By name, on a network that both are on. */
  | { kind: 'name'; network: string; names: readonly string[]; address?: string }
  /** Both are on a network without names (the default bridge), or one is in the host's. */
  | { kind: 'address'; network: string; address: string }
  /** They share one network stack. */
  | { kind: 'localhost' }
  /** Only through a port that the machine publishes. */
  | { kind: 'published'; port: number; address: string }
  | { kind: 'none'; why: 'stopped' | 'apart' | 'alone' | 'separated' }

type Networks = ReadonlyMap<string, NetworkSummary>

/** Which network stack a container has. */
export type Stand = { kind: 'private' } | { kind: 'host' } | { kind: 'none' } | { kind: 'joined'; container: string }

export function standOf({ networkMode = '', networks }: Pick<ContainerSummary, 'networkMode' | 'networks'>): Stand {
  if (networkMode === 'host' || networks.some(({ network }) => network === 'host')) return { kind: 'host' }
  if (networkMode.startsWith('container:')) return { kind: 'joined', container: networkMode.slice('container:'.length) }
  return networkMode === 'none' || networks.some(({ network }) => network === 'none') ? { kind: 'none' } : { kind: 'private' }
}

/** Only networks of the user's own have names: the default bridge has none. */
const hasNames = (network: NetworkSummary) => !network.predefined
const separated = ({ options = {} }: NetworkSummary) => options['com.docker.network.bridge.enable_icc'] === 'false'

/** What resolves to a container on a network, the best first; its short id last. */
export function namesOn(container: Pick<ContainerSummary, 'id' | 'name'>, { aliases = [], names = [] }: ContainerAttachment): string[] {
  const isId = (name: string) => /^[0-9a-f]{12}$/.test(name) && container.id.startsWith(name)
  const all = [...new Set([container.name, ...aliases, ...names])]
  return [...all.filter((name) => !isId(name)), ...all.filter(isId)]
}

/** `all` is needed to find whose network stack a joined container uses. */
export function reachOf(from: ContainerSummary, to: ContainerSummary, networks: Networks, all: readonly ContainerSummary[]): Reach {
  if (!canStop(from.state) || !canStop(to.state)) return { kind: 'none', why: 'stopped' }
  const [here, there] = [stackOf(from, all), stackOf(to, all)]
  if (here.id === there.id) return { kind: 'localhost' }
  const [mine, theirs] = [standOf(here), standOf(there)]
  if (mine.kind === 'none' || theirs.kind === 'none') return { kind: 'none', why: 'alone' }
  if (mine.kind === 'host' && theirs.kind === 'host') return { kind: 'localhost' }
  if (mine.kind === 'host') return fromHost(there) ?? { kind: 'none', why: 'alone' }
  if (theirs.kind === 'host') return toHost(here, networks) ?? { kind: 'none', why: 'apart' }
  return overNetworks(here, there, networks)
}

function overNetworks(from: ContainerSummary, to: ContainerSummary, networks: Networks): Reach {
  const shared = to.networks.flatMap((attachment) => {
    const network = networks.get(attachment.network)
    return network && from.networks.some((mine) => mine.network === attachment.network) ? [{ attachment, network }] : []
  })
  const open = shared.filter(({ network }) => !separated(network))
  const named = open.find(({ network }) => hasNames(network))
  if (named) return { kind: 'name', network: named.network.name, names: namesOn(to, named.attachment), ...(named.attachment.ipv4 && { address: named.attachment.ipv4 }) }
  const [bare] = open
  const address = bare?.attachment.ipv4 ?? bare?.attachment.ipv6
  if (bare && address) return { kind: 'address', network: bare.network.name, address }
  return byPublishedPort(from, to, networks) ?? { kind: 'none', why: shared.length > 0 ? 'separated' : from.networks.length === 0 || to.networks.length === 0 ? 'alone' : 'apart' }
}

/** The gateway is the machine itself; a port published on all of its addresses answers there. */
function byPublishedPort(from: ContainerSummary, to: ContainerSummary, networks: Networks): Reach | undefined {
  const address = gatewayOf(from, networks)
  const open = to.ports.find(({ hostPort, hostIp }) => hostPort !== undefined && (hostIp === undefined || hostIp === '0.0.0.0' || hostIp === address))
  return address !== undefined && open?.hostPort !== undefined ? { kind: 'published', port: open.hostPort, address } : undefined
}

const gatewayOf = ({ networks: mine }: ContainerSummary, networks: Networks): string | undefined =>
  mine.flatMap(({ network }) => {
    const found = networks.get(network)
    return found && !found.internal ? (found.subnets[0]?.gateway ?? []) : []
  })[0]

function fromHost(to: ContainerSummary): Reach | undefined {
  const [first] = to.networks
  const address = first?.ipv4 ?? first?.ipv6
  return first && address ? { kind: 'address', network: first.network, address } : undefined
}
function toHost(from: ContainerSummary, networks: Networks): Reach | undefined {
  const address = gatewayOf(from, networks)
  return address === undefined ? undefined : { kind: 'address', network: 'host', address }
}

/** Whose network stack it runs in: its own, or that of the container it was joined to. */
function stackOf(container: ContainerSummary, all: readonly ContainerSummary[]): ContainerSummary {
  const stand = standOf(container)
  if (stand.kind !== 'joined') return container
  return all.find(({ id, name }) => id === stand.container || name === stand.container || (stand.container.length >= 12 && id.startsWith(stand.container))) ?? container
}

/** May a wire be drawn from this container to that network? */
export type Verdict =
  | { fits: true; reaches: readonly ContainerSummary[] }
  | { fits: false; why: 'member' | 'host' | 'joined' | 'none' | 'to-host' | 'to-none' | 'removing' }

/** What would come of connecting, said while the wire is still in the hand. */
export function verdictOf(container: ContainerSummary, network: NetworkSummary, members: readonly ContainerSummary[]): Verdict {
  const stand = standOf(container)
  if (container.state.status === 'removing' || container.state.status === 'dead') return { fits: false, why: 'removing' }
  if (container.networks.some((each) => each.network === network.name)) return { fits: false, why: 'member' }
  if (stand.kind !== 'private') return { fits: false, why: stand.kind }
  if (network.driver === 'host') return { fits: false, why: 'to-host' }
  if (network.driver === 'null') return { fits: false, why: 'to-none' }
  return { fits: true, reaches: separated(network) ? [] : members.filter(({ id }) => id !== container.id) }
}
