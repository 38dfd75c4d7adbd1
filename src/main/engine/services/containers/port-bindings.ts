import { isIP } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import type { PortBinding } from '../../core/network/sandbox.ts'
import type { ContainerConfig, HostConfig } from './config.ts'

type Protocol = PortBinding['protocol']

/** `80/tcp` → port and protocol. @throws invalid-argument */
export function parsePort(text: string): { port: number; protocol: Protocol } {
  const [number = '', protocol = 'tcp'] = text.split('/')
  const port = Number(number)
  if (!/^\d+$/.test(number) || port < 1 || port > 65_535) throw invalid(`invalid port specification: "${text}"`)
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') throw invalid(`invalid port specification: "${text}": invalid proto: ${protocol}`)
  return { port, protocol }
}

/** The bindings asked for by `-p` and, with `-P`, a random one for each exposed port that has none. @throws invalid-argument */
export function parsePortBindings(config: ContainerConfig, host: HostConfig): PortBinding[] {
  const bindings = Object.entries(host.PortBindings ?? {}).flatMap(([text, wishes]) => {
    const { port, protocol } = parsePort(text)
    return (wishes?.length ? wishes : [{}]).map((wish): PortBinding => ({ protocol, containerPort: port, hostIp: parseHostIp(wish.HostIp ?? ''), hostPort: parseHostPort(wish.HostPort ?? '') }))
  })
  if (!host.PublishAllPorts) return bindings
  const asked = new Set(Object.keys(host.PortBindings ?? {}).map((text) => canonical(text)))
  const exposed = Object.keys(config.ExposedPorts ?? {}).flatMap(expandRange).filter((text) => !asked.has(canonical(text)))
  return [...bindings, ...exposed.map((text) => ({ protocol: parsePort(text).protocol, containerPort: parsePort(text).port, hostIp: '' }))]
}

/** An image may expose `8000-8010/tcp`. */
export function expandRange(text: string): string[] {
  const found = /^(\d+)-(\d+)(\/.+)?$/.exec(text)
  if (!found) return [text]
  const [first, last] = [Number(found[1]), Number(found[2])]
  if (last < first || last > 65_535) throw invalid(`invalid port range: "${text}"`)
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}${found[3] ?? ''}`)
}

const canonical = (text: string) => {
  const { port, protocol } = parsePort(text)
  return `${port}/${protocol}`
}

function parseHostIp(text: string): string {
  if (text === '' || isIP(text)) return text
  const bare = /^\[(.*)\]$/.exec(text)?.[1]
  if (bare && isIP(bare)) return bare
  throw invalid(`invalid IP address: ${text}`)
}

function parseHostPort(text: string): PortBinding['hostPort'] {
  if (text === '' || text === '0') return undefined
  const [first, last, ...rest] = text.split('-').map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN))
  const fits = (port: number | undefined) => port !== undefined && port >= 0 && port <= 65_535
  if (rest.length > 0 || !fits(first) || (last !== undefined && (!fits(last) || last < (first as number)))) throw invalid(`invalid port specification: "${text}"`)
  return last === undefined || last === first ? first : [first as number, last]
}

const invalid = (message: string) => new EngineError('invalid-argument', message, { field: 'ports', reason: 'invalid-port' })
