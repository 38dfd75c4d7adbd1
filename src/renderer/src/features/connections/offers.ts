import type { ConnectionOffers, ConnectionSummary, SavedConnection, SavedTarget, SocketOffer } from '#shared/contract/connections.ts'
import { addressOf } from './connection-words.ts'

export type SavedDraft = Pick<SavedConnection, 'name' | 'target'>

/** What an address asks for: `context:NAME`, `ssh:ALIAS`. */
export function offerOf(offers: ConnectionOffers | undefined, asked: unknown): Partial<SavedDraft> {
  if (typeof asked !== 'string') return {}
  const context = offers?.contexts.find(({ name }) => asked === `context:${name}`)
  if (context) return { name: context.name, target: context.target }
  const host = offers?.sshHosts.find(({ alias }) => asked === `ssh:${alias}`)
  return host ? { name: host.alias, target: host.target } : {}
}

/** Two users of one machine are two. */
const same = (a: SavedTarget, b: ConnectionSummary['target']) => addressOf(a) === addressOf(b)

/** What is not connected yet. Podman's name for a socket and the name of its link are one. */
export function newOffers({ sockets, contexts, sshHosts, ...rest }: ConnectionOffers, connections: readonly ConnectionSummary[]): ConnectionOffers {
  const unknown = (target: SavedTarget) => !connections.some((connection) => same(target, connection.target))
  const fresh = ({ socketPath }: SocketOffer) => unknown({ kind: 'socket', socketPath })
  return { ...rest, sockets: sockets.filter(fresh), contexts: contexts.filter(({ target }) => unknown(target)), sshHosts: sshHosts.filter(({ target }) => unknown(target)) }
}
