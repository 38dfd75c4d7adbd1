import type { ConnectionId, ConnectionSummary } from '#shared/contract/connections.ts'
import { EngineError } from '#shared/errors.ts'
import { openConnection, type Connection, type ConnectionOptions } from './connection.ts'

/** The engines known to the app. The first is where a window starts. */
export interface Connections extends AsyncDisposable {
  /** @throws not-found */
  get(id: ConnectionId): Connection
  first(): Connection
  list(): ConnectionSummary[]
  /** Hears of the state of every connection. */
  onChange(listener: (connection: ConnectionSummary) => void): () => void
}

export function openConnections(options: readonly [ConnectionOptions, ...ConnectionOptions[]]): Connections {
  const all = options.map(openConnection)
  const listeners = new Set<(connection: ConnectionSummary) => void>()
  for (const connection of all) {
    connection.onEvent((event) => {
      if (event.type === 'connection.changed') listeners.forEach((listener) => listener(event.connection))
    })
  }
  const get = (id: ConnectionId) => {
    const found = all.find((connection) => connection.id === id)
    if (!found) throw new EngineError('not-found', `There is no connection ${id}.`)
    return found
  }
  return {
    get,
    first: () => get(options[0].id),
    list: () => all.map((connection) => connection.summary()),
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((connection) => connection[Symbol.asyncDispose]()))
    },
  }
}
