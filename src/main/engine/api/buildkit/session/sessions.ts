import type { Duplex } from 'node:stream'
import { createGrpcClient, type GrpcClient } from '../grpc/client.ts'
import { createWaitingRoom } from '../waiting-room.ts'

/** Clients that have dialled in to be asked for files, credentials and secrets, by the id they chose. A session lasts as long as its connection. */
export interface Sessions {
  accept(session: SessionOpening, socket: Duplex): void
  /** @throws EngineError not-found, cancelled */
  get(id: string, signal: AbortSignal): Promise<Session>
}

export interface SessionOpening {
  id: string
  /** Those that the client answers, `/package.Service/Method`. */
  methods: readonly string[]
  /** The same for each session in which this client builds this folder. */
  sharedKey: string | undefined
}

export interface Session {
  readonly client: GrpcClient
  readonly sharedKey?: string | undefined
  /** Whether the client says that it answers this method, `/package.Service/Method`. */
  supports(method: string): boolean
}

export function createSessions(): Sessions {
  const room = createWaitingRoom<Session>('session')
  return {
    accept({ id, methods, sharedKey }, socket) {
      const client = createGrpcClient(socket)
      const names = new Set(methods.map((method) => method.toLowerCase()))
      const session: Session = { client, sharedKey, supports: (method) => names.has(method.toLowerCase()) }
      room.put(id, session)
      void client.closed.then(() => room.remove(id, session))
    },
    get: (id, signal) => room.get(id, signal),
  }
}
