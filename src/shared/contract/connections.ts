import { identifier, nothing, record, type Shapes } from './shape.ts'
import type { Timestamp } from './containers.ts'
import type { EngineFacts } from './engine.ts'
import type { SerializedError } from './errors.ts'

export type ConnectionId = string & { readonly __brand?: 'ConnectionId' }

/** How an engine is reached. `embedded` is Slipway's own. */
export type ConnectionTarget =
  | { kind: 'embedded'; socketPath: string }
  | { kind: 'socket'; socketPath: string }
  | { kind: 'tcp'; host: string; port: number; tls: boolean }
  | { kind: 'ssh'; host: string; port?: number; user?: string }

/** `reconnecting`: it worked before; what is shown is as of `since`. `failed`: it will not be tried again by itself. */
export type ConnectionState =
  | { status: 'connecting'; reason?: string }
  | { status: 'ready'; since: Timestamp; facts: EngineFacts }
  | { status: 'reconnecting'; since: Timestamp; reason: string }
  | { status: 'failed'; error: SerializedError }

export interface ConnectionSummary {
  id: ConnectionId
  name: string
  target: ConnectionTarget
  state: ConnectionState
}

export interface ConnectionsContract {
  list(): Promise<ConnectionSummary[]>
  /** This window shows that engine from now on; a snapshot event follows. */
  select(request: { id: ConnectionId }): Promise<void>
  /** Tries again at once instead of at the end of the delay. */
  retry(request: { id: ConnectionId }): Promise<void>
}

const one = record<{ id: ConnectionId }>({ id: identifier<ConnectionId>() })
export const connectionsShapes: Shapes<ConnectionsContract> = { list: nothing, select: one, retry: one }
