import { canStop, type ContainerPort, type ContainerSummary, type PortMapping, type Protocol } from '../contract/containers.ts'
import type { PortListener } from '../contract/ports.ts'

/** Who has a port of the machine: a container's mapping, or a program that listens. */
export interface TakenPort {
  ip: string
  port: number
  protocol: Protocol
  /** Name of the container or the program; undefined when it cannot be known. */
  owner?: string
  container?: string
}
export interface PortWish {
  hostIp?: string
  hostPort?: number
  protocol: Protocol
}

const everywhere = (ip: string | undefined) => ip === undefined || ip === ''
const isSix = (ip: string) => ip.includes(':')

/** Whether two addresses to listen on stand in each other's way. A program on [::] has IPv4 too, unless it asked not to: https://man7.org/linux/man-pages/man7/ipv6.7.html (IPV6_V6ONLY). */
export function addressesMeet(one: string | undefined, other: string | undefined): boolean {
  if (everywhere(one) || everywhere(other) || one === other || one === '::' || other === '::') return true
  if (isSix(one ?? '') !== isSix(other ?? '')) return false
  return one === '0.0.0.0' || other === '0.0.0.0'
}

/** Who is in the way of a wish, if anybody. */
export const takenBy = (wish: PortWish, taken: readonly TakenPort[]): TakenPort | undefined =>
  taken.find(({ ip, port, protocol }) => port === wish.hostPort && protocol === wish.protocol && addressesMeet(ip, wish.hostIp))

/** Ports below 1024 may need rights and are often taken: 80 is offered as 8080. */
const offered = (port: number) => (port >= 1024 ? port : port === 443 ? 8443 : 8000 + port)

/** The first port from the wished one on that nobody has; undefined when there is none. */
export function nextFreePort(wish: PortWish & { hostPort: number }, taken: readonly TakenPort[]): number | undefined {
  const busy = new Set(taken.filter(({ ip, protocol }) => protocol === wish.protocol && addressesMeet(ip, wish.hostIp)).map(({ port }) => port))
  for (let port = offered(wish.hostPort); port < 65_536; port++) if (!busy.has(port)) return port
  return undefined
}

/** What a container publishes, as it was wished for: 0.0.0.0 and :: with the same port are "every address". */
export function mappingsOf(ports: readonly ContainerPort[]): PortMapping[] {
  const published = ports.filter(({ hostPort }) => hostPort !== undefined)
  const twinOf = ({ containerPort, protocol, hostPort }: ContainerPort, ip: string) => published.some((each) => each.hostIp === ip && each.containerPort === containerPort && each.protocol === protocol && each.hostPort === hostPort)
  return published
    .filter((port) => !(port.hostIp === '::' && twinOf(port, '0.0.0.0')))
    .map((port): PortMapping => {
      const { containerPort, protocol, hostIp, hostPort } = port
      const all = hostIp === '0.0.0.0' && twinOf(port, '::')
      return { containerPort, protocol, ...(hostIp && !all && { hostIp }), ...(hostPort !== undefined && { hostPort }) }
    })
    .sort((a, b) => (a.hostPort ?? 0) - (b.hostPort ?? 0) || a.containerPort - b.containerPort)
}

/** Fit to be part of an element's id. */
export const mappingKey = ({ hostIp = '', hostPort = 0, containerPort, protocol }: PortMapping): string => `${hostIp}_${hostPort}_${containerPort}/${protocol}`

/** Mappings that count up side by side, told as one. `count` 1 is a mapping alone. */
export interface PortRange {
  first: PortMapping
  count: number
}
const follows = (last: PortMapping, next: PortMapping) =>
  next.hostIp === last.hostIp && next.protocol === last.protocol && next.containerPort === last.containerPort + 1 && last.hostPort !== undefined && next.hostPort === last.hostPort + 1

/** From three on; two ports beside each other are two ports. */
export function foldRanges(mappings: readonly PortMapping[]): PortRange[] {
  const ordered = mappings.toSorted((a, b) => a.protocol.localeCompare(b.protocol) || (a.hostIp ?? '').localeCompare(b.hostIp ?? '') || (a.hostPort ?? 0) - (b.hostPort ?? 0) || a.containerPort - b.containerPort)
  const runs: PortMapping[][] = []
  for (const mapping of ordered) {
    const last = runs.at(-1)
    const end = last?.at(-1)
    if (last && end && follows(end, mapping)) last.push(mapping)
    else runs.push([mapping])
  }
  return runs
    .flatMap((run): PortRange[] => (run.length > 2 ? run.slice(0, 1).map((first) => ({ first, count: run.length })) : run.map((first) => ({ first, count: 1 }))))
    .sort((a, b) => (a.first.hostPort ?? 0) - (b.first.hostPort ?? 0))
}

/** Every mapping of a range. */
export const unfold = ({ first, count }: PortRange): PortMapping[] =>
  Array.from({ length: count }, (_, index) => ({ ...first, containerPort: first.containerPort + index, ...(first.hostPort !== undefined && { hostPort: first.hostPort + index }) }))

/** Who has which port: mappings of containers that run, then programs that listen. What the engine itself listens with for a mapping is not told twice. */
export function takenPorts(containers: readonly ContainerSummary[], listeners: readonly PortListener[]): TakenPort[] {
  const running = containers.filter(({ state }) => canStop(state))
  const ours = running.flatMap((container) => mappingsOf(container.ports).map(({ hostIp = '', hostPort = 0, protocol }): TakenPort => ({ ip: hostIp, port: hostPort, protocol, owner: container.name, container: container.id })))
  const known = new Set(ours.map(({ port, protocol }) => `${port}/${protocol}`))
  const others = listeners.filter(({ container, port, protocol }) => container === undefined && !known.has(`${port}/${protocol}`))
  return [...ours, ...others.map(({ ip, port, protocol, process }): TakenPort => ({ ip, port, protocol, ...(process && { owner: process }) }))]
}
