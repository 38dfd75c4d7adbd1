import type { Duplex } from 'node:stream'
import { createGrpcClient, type GrpcClient } from '../grpc/client.ts'
import { createWaitingRoom } from '../waiting-room.ts'

/** Clients that have dialled in to be asked for files, credentials and secrets, by the id they chose. A session lasts as long as its connection. */
export interface Sessions {
  accept(id: string, methods: readonly string[], socket: Duplex): void
  /** @throws EngineError not-found, cancelled */
  get(id: string, signal: AbortSignal): Promise<Session>
}

export interface Session {
  readonly client: GrpcClient
  /** Whether the client says that it answers this method, `/package.Service/Method`. */
  supports(method: string): boolean
}

export function createSessions(): Sessions {
  const room = createWaitingRoom<Session>('session')
  return {
    accept(id, methods, socket) {
      const client = createGrpcClient(socket)
      const names = new Set(methods.map((method) => method.toLowerCase()))
      const session: Session = { client, supports: (method) => names.has(method.toLowerCase()) }
      room.put(id, session)
      void client.closed.then(() => room.remove(id, session))
    },
    get: (id, signal) => room.get(id, signal),
  }
}
