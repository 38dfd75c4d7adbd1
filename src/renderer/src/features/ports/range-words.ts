import type { PortMapping } from '#shared/contract/containers.ts'
import type { PortRange } from '#shared/network/ports.ts'

const span = (start: number, count: number) => (count > 1 ? `${start}–${start + count - 1}` : String(start))
const suffix = (protocol: string) => (protocol === 'tcp' ? '' : `/${protocol}`)

/** The host's side: `8080`, `8000–8010`, `5353/udp`. */
export const rangeLabel = ({ first, count }: PortRange): string => `${first.hostPort === undefined ? '?' : span(first.hostPort, count)}${suffix(first.protocol)}`
/** The container's side. */
export const insideLabel = ({ first, count }: PortRange): string => `${span(first.containerPort, count)}${suffix(first.protocol)}`

const bracketed = (ip: string) => (ip.includes(':') ? `[${ip}]` : ip)
const everywhere = (ip: string | undefined) => ip === undefined || ip === '' || ip === '0.0.0.0' || ip === '::'

/** Only what narrows it is worth a word. */
export const shownAddress = (ip: string): string => (everywhere(ip) ? '' : ip)

/** Reached from the machine itself only. */
export const isLocal = (ips: string): boolean => ips !== '' && ips.split(', ').every((ip) => ip.startsWith('127.') || ip === '::1')

/** What to type to come there from this machine: `localhost:8080`. */
export const addressOf = ({ hostIp, hostPort }: Pick<PortMapping, 'hostIp' | 'hostPort'>, host = 'localhost'): string => `${everywhere(hostIp) ? host : bracketed(hostIp ?? host)}:${hostPort ?? ''}`

/** The page behind one port; undefined for what a browser cannot open. */
export function rangeUrl({ first, count }: PortRange, host = 'localhost'): string | undefined {
  if (count > 1 || first.protocol !== 'tcp' || first.hostPort === undefined) return undefined
  return `${first.containerPort === 443 || first.hostPort === 443 ? 'https' : 'http'}://${addressOf(first, host)}/`
}
