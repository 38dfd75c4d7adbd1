import type { ConnectionId, ConnectionSummary } from '#shared/contract/connections.ts'
import { EngineError } from '#shared/errors.ts'
import { openConnection, type Connection, type ConnectionOptions } from './connection.ts'

/** `opened` also tells of a connection that took the place of another of the same id. */
export type ConnectionsChange = { kind: 'opened'; connection: Connection } | { kind: 'changed'; summary: ConnectionSummary } | { kind: 'closed'; id: ConnectionId }

/** The engines known to the app. The first is where a window starts, and stays. */
export interface Connections extends AsyncDisposable {
  /** @throws not-found */
  get(id: ConnectionId): Connection
  find(id: ConnectionId): Connection | undefined
  first(): Connection
  /** By their places. */
  list(): ConnectionSummary[]
  /** Connects; one of the same id is closed. */
  open(options: ConnectionOptions): Connection
  close(id: ConnectionId): Promise<void>
  onChange(listener: (change: ConnectionsChange) => void): () => void
  /** Visits every connection there is and every one to come; what a visit returns is called when its connection goes. @returns leaves all. */
  visit(each: (connection: Connection) => () => void): () => void
}

/** `common` is for all of them, those that are opened later as well. */
export function openConnections(options: readonly [ConnectionOptions, ...ConnectionOptions[]], common: Pick<ConnectionOptions, 'accounts'> = {}): Connections {
  const all = new Map<ConnectionId, Connection>()
  const listeners = new Set<(change: ConnectionsChange) => void>()
  const closing = new Set<Promise<void>>()
  const tell = (change: ConnectionsChange) => [...listeners].forEach((listener) => listener(change))

  function take(given: ConnectionOptions): Connection {
    const before = all.get(given.id)
    const connection = openConnection({ ...common, ...given })
    all.set(given.id, connection)
    connection.onEvent((event) => {
      if (event.type === 'connection.changed' && all.get(given.id) === connection) tell({ kind: 'changed', summary: event.connection })
    })
    if (before) settle(before)
    return connection
  }
  /** Closing waits for answers on the way; nobody else needs to. */
  function settle(connection: Connection): Promise<void> {
    const closed = (async () => connection[Symbol.asyncDispose]())()
    closing.add(closed)
    void closed.finally(() => closing.delete(closed))
    return closed
  }
  const get = (id: ConnectionId) => {
    const found = all.get(id)
    if (!found) throw new EngineError('not-found', `There is no connection ${id}.`)
    return found
  }
  options.forEach(take)
  return {
    get,
    find: (id) => all.get(id),
    first: () => get(options[0].id),
    list: () => [...all.values()].map((connection) => connection.summary()).sort((a, b) => a.place - b.place),
    open(given) {
      const connection = take(given)
      tell({ kind: 'opened', connection })
      tell({ kind: 'changed', summary: connection.summary() })
      return connection
    },
    async close(id) {
      const connection = get(id)
      if (id === options[0].id) throw new EngineError('failed-precondition', 'The app’s own engine stays connected.')
      all.delete(id)
      tell({ kind: 'closed', id })
      await settle(connection)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    visit: (each) => visitAll(all, listeners, each),
    async [Symbol.asyncDispose]() {
      await Promise.all([...closing, ...[...all.values()].map((connection) => connection[Symbol.asyncDispose]())])
    },
  }
}

function visitAll(all: ReadonlyMap<ConnectionId, Connection>, listeners: Set<(change: ConnectionsChange) => void>, each: (connection: Connection) => () => void): () => void {
  const leaves = new Map<ConnectionId, () => void>()
  const leave = (id: ConnectionId) => {
    leaves.get(id)?.()
    leaves.delete(id)
  }
  const enter = (connection: Connection) => {
    leave(connection.id)
    leaves.set(connection.id, each(connection))
  }
  const listen = (change: ConnectionsChange) => (change.kind === 'opened' ? enter(change.connection) : change.kind === 'closed' ? leave(change.id) : undefined)
  all.forEach(enter)
  listeners.add(listen)
  return () => {
    listeners.delete(listen)
    for (const id of [...leaves.keys()]) leave(id)
  }
}
