import type { ContainerPort } from '#shared/contract/containers.ts'
import type { ConnectionTarget } from '#shared/contract/connections.ts'

/** A published port as a row shows it: once, however many addresses it is bound to. */
export interface PortLink {
  key: string
  /** `8080:80`, or `8080` when both are the same. */
  text: string
  /** In full, for the tooltip: `0.0.0.0:8080, [::]:8080 → 80/tcp`. */
  title: string
  /** Where the page is; undefined for what a browser cannot open. */
  url: string | undefined
  hostPort: number
}

const bracketed = (ip: string) => (ip.includes(':') ? `[${ip}]` : ip)
const everywhere = (ip: string | undefined) => ip === undefined || ip === '' || ip === '0.0.0.0' || ip === '::'
const suffix = (protocol: string) => (protocol === 'tcp' ? '' : `/${protocol}`)

/** The machine that published ports are on, as this page reaches it. */
export function hostOf(target: ConnectionTarget | undefined): string {
  return target?.kind === 'tcp' || target?.kind === 'ssh' ? target.host : 'localhost'
}

/** Published ports in order, IPv4 and IPv6 twins told once. */
export function portLinks(ports: readonly ContainerPort[], host = 'localhost'): PortLink[] {
  const groups = Map.groupBy(
    ports.filter(({ hostPort }) => hostPort !== undefined),
    ({ hostPort, containerPort, protocol }) => `${hostPort}:${containerPort}/${protocol}`,
  )
  return [...groups].map(([key, twins]) => describe(key, twins, host)).toSorted((a, b) => a.hostPort - b.hostPort)
}

function describe(key: string, twins: readonly ContainerPort[], host: string): PortLink {
  const first = twins[0]
  const { hostPort = 0, containerPort = 0, protocol = 'tcp' } = first ?? {}
  const address = twins.some(({ hostIp }) => everywhere(hostIp)) ? host : bracketed(first?.hostIp ?? host)
  const bound = twins.map(({ hostIp }) => `${bracketed(hostIp || '0.0.0.0')}:${hostPort}`).join(', ')
  return {
    key,
    text: `${hostPort === containerPort ? hostPort : `${hostPort}:${containerPort}`}${suffix(protocol)}`,
    title: `${bound} → ${containerPort}/${protocol}`,
    url: protocol === 'tcp' ? `${containerPort === 443 || hostPort === 443 ? 'https' : 'http'}://${address}:${hostPort}/` : undefined,
    hostPort,
  }
}
