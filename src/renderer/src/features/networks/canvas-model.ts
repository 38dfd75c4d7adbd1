import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import { foldRanges, mappingKey, mappingsOf, type PortRange } from '#shared/network/ports.ts'
import { isSameValue } from '../../stores/same-value.ts'
import { standOf } from './reach.ts'

/** A network and the containers that have their place in it. A container on several networks has its place in one and wires to the others. */
export interface Lane {
  id: string
  name: string
  /** Undefined for the lane of those that are on no network. */
  network: NetworkSummary | undefined
  members: readonly ContainerSummary[]
}
/** A membership beyond the place: drawn as a long wire. */
export interface LongWire {
  key: string
  container: string
  lane: string
}
/** A published port on the machine's edge. */
export interface Pin {
  key: string
  container: string
  range: PortRange
  /** Of the same container, folded into this one where there are many. */
  others?: readonly PortRange[]
}
export interface CanvasModel {
  lanes: readonly Lane[]
  wires: readonly LongWire[]
  pins: readonly Pin[]
  /** Lane of each container. */
  homes: ReadonlyMap<string, string>
}

/** Whether a container is drawn where the other was and wired to the same. How it does and its addresses decide nothing of it: those its card says. */
export const standsAs = (one: ContainerSummary, other: ContainerSummary | undefined): boolean =>
  other !== undefined && one.id === other.id && one.name === other.name && one.networkMode === other.networkMode && isSameValue(one.ports, other.ports) &&
  (one.networks === other.networks || (one.networks.length === other.networks.length && one.networks.every(({ network, networkId }, at) => network === other.networks[at]?.network && networkId === other.networks[at].networkId)))

export const APART = 'apart'

/** Where a container has its place: the network it was made on, else the first of its own by name. */
export function homeNetwork({ networkMode = '', networks }: ContainerSummary): string | undefined {
  const made = networkMode === 'default' ? 'bridge' : networkMode
  const names = networks.map(({ network }) => network).sort()
  return networks.find(({ network, networkId }) => network === made || networkId === made)?.network ?? names.find((name) => name !== 'bridge') ?? names[0]
}

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
/** host and none are no networks to draw a wire to; they are shown when somebody is there. */
const isPlace = ({ driver }: NetworkSummary) => driver !== 'host' && driver !== 'null'

export function canvasModel(containers: readonly ContainerSummary[], networks: readonly NetworkSummary[]): CanvasModel {
  const known = new Map(networks.map((network) => [network.name, network]))
  const hosts = new Map(containers.map((each) => [each.id, each]))
  const homeOf = (container: ContainerSummary): string => {
    const stand = standOf(container)
    const host = stand.kind === 'joined' ? (hosts.get(stand.container) ?? containers.find(({ name }) => name === stand.container)) : undefined
    const name = homeNetwork(host ?? container)
    return (name !== undefined && known.get(name)?.id) || APART
  }
  const homes = new Map(containers.map((container) => [container.id, homeOf(container)]))
  const members = Map.groupBy(containers, ({ id }) => homes.get(id) ?? APART)
  const lanes: Lane[] = networks
    .filter((network) => isPlace(network) || members.has(network.id))
    .toSorted((a, b) => Number(b.predefined) - Number(a.predefined) || byName(a, b))
    .map((network) => ({ id: network.id, name: network.name, network, members: (members.get(network.id) ?? []).toSorted(byName) }))
  if (members.has(APART)) lanes.push({ id: APART, name: '', network: undefined, members: (members.get(APART) ?? []).toSorted(byName) })
  const wires = containers.flatMap(({ id, networks: joined }) =>
    joined.flatMap(({ network }): LongWire[] => {
      const lane = known.get(network)?.id
      return lane === undefined || lane === homes.get(id) ? [] : [{ key: `${id} ${lane}`, container: id, lane }]
    }),
  )
  const pins = containers.flatMap(({ id, ports }) => foldRanges(mappingsOf(ports)).map((range): Pin => ({ key: `${id}_${mappingKey(range.first)}`, container: id, range })))
  pins.sort((a, b) => (a.range.first.hostPort ?? 0) - (b.range.first.hostPort ?? 0) || a.key.localeCompare(b.key))
  return { lanes, wires, pins: pins.length > MANY_PINS ? folded(pins) : pins, homes }
}

/** More than this would be a column taller than the screen: then a container has one pin, which counts. */
export const MANY_PINS = 24
const folded = (pins: readonly Pin[]): Pin[] => [...Map.groupBy(pins, ({ container }) => container).values()].flatMap(([first, ...others]) => (first ? [{ ...first, ...(others.length > 0 && { others: others.map(({ range }) => range) }) }] : []))
