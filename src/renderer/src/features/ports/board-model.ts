import { canStop, type ContainerSummary, type PortMapping, type Protocol } from '#shared/contract/containers.ts'
import type { PortListener } from '#shared/contract/ports.ts'
import { foldRanges, mappingKey, mappingsOf, takenPorts, type PortRange } from '#shared/network/ports.ts'

/** Left: a port of the machine. Ours lead to a container, the rest belong to other programs. */
export interface HostRow {
  key: string
  ip: string
  port: number
  protocol: Protocol
  y: number
  owner: { kind: 'container'; container: string; name: string; range: PortRange } | { kind: 'program'; name: string | undefined; pid: number | undefined }
}
/** Right: a port inside a container; without a range it is not published. */
export interface InsideRow {
  key: string
  container: string
  containerPort: number
  protocol: Protocol
  y: number
  range: PortRange | undefined
}
export interface ContainerGroup {
  container: ContainerSummary
  y: number
  rows: readonly InsideRow[]
}
export interface BoardLine {
  key: string
  container: string
  from: number
  to: number
}
export interface Board {
  host: readonly HostRow[]
  groups: readonly ContainerGroup[]
  lines: readonly BoardLine[]
  height: number
}

export const ROW = 32
const GROUP_GAP = 16
const GAP = 4

const publishes = (container: ContainerSummary) => canStop(container.state)
export const sharesPorts = ({ networkMode = '', networks }: ContainerSummary): boolean => networkMode === 'host' || networkMode === 'none' || networkMode.startsWith('container:') || networks.some(({ network }) => network === 'host' || network === 'none')

/** Several addresses of one program at one port are one row. */
function programRows(containers: readonly ContainerSummary[], listeners: readonly PortListener[]): Omit<HostRow, 'y'>[] {
  const ours = new Set(takenPorts(containers, []).map(({ port, protocol }) => `${port}/${protocol}`))
  const others = listeners.filter(({ container, port, protocol }) => container === undefined && !ours.has(`${port}/${protocol}`))
  const groups = Map.groupBy(others, ({ port, protocol, process, pid }) => `${port}/${protocol} ${process ?? ''} ${pid ?? ''}`)
  return [...groups].map(([key, twins]) => {
    const { port = 0, protocol = 'tcp', process, pid } = twins[0] ?? {}
    const ips = [...new Set(twins.map(({ ip }) => ip))]
    const all = ips.includes('0.0.0.0') || ips.includes('::')
    return { key: `program_${key.replaceAll(/\s+/g, '_')}`, ip: all ? '' : ips.join(', '), port, protocol, owner: { kind: 'program', name: process, pid } }
  })
}

/** Rows of the same order on both sides: lines run level wherever they can. */
export function layBoard(containers: readonly ContainerSummary[], listeners: readonly PortListener[], isOpen: (key: string) => boolean = () => false): Board {
  const shown = containers.filter((container) => publishes(container) && !sharesPorts(container))
  const groups = layGroups(shown, isOpen)
  const partners = new Map(groups.flatMap(({ rows }) => rows.flatMap((row) => (row.range ? [[row.key, row.y] as const] : []))))
  const ours = groups.flatMap(({ container, rows }) => rows.flatMap((row): Omit<HostRow, 'y'>[] => (row.range ? [{ key: row.key, ip: row.range.first.hostIp ?? '', port: row.range.first.hostPort ?? 0, protocol: row.protocol, owner: { kind: 'container', container: container.id, name: container.name, range: row.range } }] : [])))
  const ordered = [...ours, ...programRows(containers, listeners)].sort((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol) || a.ip.localeCompare(b.ip) || a.key.localeCompare(b.key))
  let bottom = 0
  const host = ordered.map((row): HostRow => {
    const y = Math.max(bottom, partners.get(row.key) ?? 0)
    bottom = y + ROW + GAP
    return { ...row, y }
  })
  const lines = host.flatMap((row): BoardLine[] => (row.owner.kind === 'container' ? [{ key: row.key, container: row.owner.container, from: row.y + ROW / 2, to: (partners.get(row.key) ?? 0) + ROW / 2 }] : []))
  const last = groups.at(-1)
  return { host, groups, lines, height: Math.max(bottom, last ? last.y + ROW + last.rows.length * (ROW + GAP) : 0) }
}

function layGroups(containers: readonly ContainerSummary[], isOpen: (key: string) => boolean): ContainerGroup[] {
  const least = ({ ports }: ContainerSummary) => Math.min(...ports.map(({ hostPort }) => hostPort ?? 100_000), 200_000)
  let y = 0
  return containers
    .toSorted((a, b) => least(a) - least(b) || a.name.localeCompare(b.name))
    .map((container) => {
      const top = y
      const rows = insideRows(container, isOpen).map((row, index) => ({ ...row, y: top + ROW + GAP + index * (ROW + GAP) }))
      y = top + ROW + GAP + rows.length * (ROW + GAP) + GROUP_GAP
      return { container, y: top, rows }
    })
}

function insideRows({ id, ports }: ContainerSummary, isOpen: (key: string) => boolean): Omit<InsideRow, 'y'>[] {
  const published = foldRanges(mappingsOf(ports)).flatMap((range) => (range.count > 1 && isOpen(`${id}_${mappingKey(range.first)}`) ? spread(range) : [range]))
  const bare = ports.filter(({ hostPort, containerPort, protocol }) => hostPort === undefined && !ports.some((other) => other.hostPort !== undefined && other.containerPort === containerPort && other.protocol === protocol))
  return [
    ...published.map((range) => ({ key: `${id}_${mappingKey(range.first)}`, container: id, containerPort: range.first.containerPort, protocol: range.first.protocol, range })),
    ...bare.map(({ containerPort, protocol }) => ({ key: `${id}_bare_${containerPort}/${protocol}`, container: id, containerPort, protocol, range: undefined })),
  ]
}
const spread = ({ first, count }: PortRange): PortRange[] => Array.from({ length: count }, (_, index) => ({ first: { ...first, containerPort: first.containerPort + index, hostPort: (first.hostPort ?? 0) + index }, count: 1 }))

/** Level where it leaves and arrives. */
export const boardCurve = (width: number, from: number, to: number): string => `M0,${from} C${width / 2},${from} ${width / 2},${to} ${width},${to}`

/** All mappings of a container with one range in place of another; either may be nothing. */
export function withRange(current: readonly PortMapping[], from: PortRange | undefined, to: PortRange | undefined): PortMapping[] {
  const gone = new Set(from ? all(from).map(mappingKey) : [])
  const kept = current.filter((mapping) => !gone.has(mappingKey(mapping)))
  const added = to ? all(to).filter((mapping) => !kept.some((each) => mappingKey(each) === mappingKey(mapping))) : []
  return [...kept, ...added]
}
const all = ({ first, count }: PortRange): PortMapping[] => (count > 1 ? spread({ first, count }).map(({ first: each }) => each) : [first])
