import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** What resolv.conf(5) says. */
export interface ResolvConf {
  servers: string[]
  search: string[]
  options: string[]
}

export function parseResolvConf(text: string): ResolvConf {
  const parsed: ResolvConf = { servers: [], search: [], options: [] }
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.replace(/[#;].*$/, '').trim().split(/\s+/)
    if (word === 'nameserver' && rest[0]) parsed.servers.push(rest[0])
    else if (word === 'search' || word === 'domain') parsed.search = rest
    else if (word === 'options') parsed.options.push(...rest)
  }
  return parsed
}

export function renderResolvConf({ servers, search, options }: ResolvConf): string {
  const lines = servers.map((server) => `nameserver ${server}`)
  if (search.length > 0) lines.push(`search ${search.join(' ')}`)
  if (options.length > 0) lines.push(`options ${options.join(' ')}`)
  return `${lines.join('\n')}\n`
}

/** systemd-resolved answers at 127.0.0.53 and keeps the servers it asks here: systemd-resolved.service(8). */
const RESOLVED_STUB = '127.0.0.53'
const RESOLVED_SERVERS = '/run/systemd/resolve/resolv.conf'

/** The host's configuration; empty when it has none. */
export function readHostResolvConf(path = '/etc/resolv.conf'): ResolvConf {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'))
  } catch {
    return { servers: [], search: [], options: [] }
  }
}

/** The same with servers that answer outside the host too, if they can be known. */
export function readReachableResolvConf(): ResolvConf {
  const found = readHostResolvConf()
  const behind = found.servers.length === 1 && found.servers[0] === RESOLVED_STUB ? readHostResolvConf(RESOLVED_SERVERS) : found
  return { ...found, servers: behind.servers.filter(isReachable), search: behind.search }
}

/** Loopback is another machine's own in every namespace; link-local IPv6 needs an interface that a container does not have. */
const isReachable = (server: string) => isIP(server) !== 0 && !server.startsWith('127.') && server !== '::1' && !/^fe[89ab]/i.test(server)

/** What the user asked for goes before what the host has. `.` as search domain means none. */
export function mergeResolvConf(host: ResolvConf, wished: ResolvConf): ResolvConf {
  const search = wished.search.length > 0 ? wished.search.filter((domain) => domain !== '.') : host.search
  return { servers: wished.servers.length > 0 ? wished.servers : host.servers, search, options: wished.options.length > 0 ? wished.options : host.options }
}
