import type { SerializedError } from './errors.ts'
import type { ConnectionId } from './connections.ts'
import type { CallId, EngineEvent, Snapshot } from './events.ts'

/** Page → main. */
export type ClientFrame =
  /** `connection`: about that engine, whichever the window shows. */
  | { kind: 'call'; id: CallId; path: string; request?: unknown; connection?: ConnectionId }
  | { kind: 'cancel'; id: CallId }
  /** Asks for a snapshot and, from then on, numbered events. Asked again after a gap. */
  | { kind: 'subscribe' }
  /** Events up to this number have been taken in. */
  | { kind: 'events.ack'; sequence: number }
  | { kind: 'stream.open'; id: number; name: string; request: unknown }
  | { kind: 'stream.send'; id: number; message: unknown }
  | { kind: 'stream.ack'; id: number; cost: number }
  | { kind: 'stream.close'; id: number }

/** Main → page. */
export type ServerFrame =
  | { kind: 'answer'; id: CallId; value?: unknown; error?: SerializedError }
  | EventFrame
  | { kind: 'stream.message'; id: number; message: unknown; cost: number }
  | { kind: 'stream.end'; id: number; error?: SerializedError }

/** Either a snapshot as of `sequence`, or the events that end with `sequence`, the first being sequence − events.length + 1. */
export type EventFrame = { kind: 'snapshot'; sequence: number; snapshot: Snapshot } | { kind: 'events'; sequence: number; events: EngineEvent[] }

/** Electron's IPC channel for frames, both ways. */
export const bridgeChannel = 'slipway'

/** A stream's producer stops above `high` unconsumed characters and goes on below `low`. */
export const streamWindow = { high: 1_000_000, low: 250_000 } as const
/** Events that a page has not acknowledged before it is left to ask for a new snapshot. */
export const eventWindow = 5_000

export interface CallAnswer {
  value?: unknown
  error?: SerializedError
}

/**
 * What the preload exposes as `window.slipway`, and what the page makes for itself over a WebSocket in a browser. It never grows
 * with features: names and requests are checked in the main process.
 */
export interface Bridge {
  /** Resolves always: Electron would strip everything but the message from an error. Aborted by `cancel`. */
  call(id: CallId, path: string, request: unknown, connection?: ConnectionId): Promise<CallAnswer>
  cancel(id: CallId): void
  /** One listener per page; subscribes, and again by `refresh` after a gap. */
  onEvent(listener: (frame: EventFrame) => void): EventSubscription
  openStream(name: string, request: unknown, listener: StreamListener): StreamPort
  /** Where a dropped file lies on the machine; empty for what lies nowhere. Only where the shell can tell: a browser cannot. */
  pathOfFile?(file: unknown): string
}
export interface EventSubscription {
  refresh(): void
  ack(sequence: number): void
  close(): void
}
export interface StreamListener {
  message(message: unknown, cost: number): void
  end(error?: SerializedError): void
}
export interface StreamPort {
  send(message: unknown): void
  ack(cost: number): void
  close(): void
}

/** A bridge and what its wire tells it. */
export interface BridgeEnd {
  bridge: Bridge
  receive(frame: ServerFrame): void
  /** The other side is gone: whatever was open ends with `unavailable`. */
  lost(): void
  /** The other side is there again, or another in its place: what is shown must be told anew. */
  resumed(): void
}

/** Makes a bridge over anything that carries frames in order. The preload and the browser page share it. */
export function createBridge(post: (frame: ClientFrame) => void): BridgeEnd {
  const calls = new Map<CallId, (answer: CallAnswer) => void>()
  const streams = createStreamPorts(post)
  let events: ((frame: EventFrame) => void) | undefined

  const settle = (id: CallId, answer: CallAnswer) => {
    calls.get(id)?.(answer)
    calls.delete(id)
  }
  const bridge: Bridge = {
    call: (id, path, request, connection) =>
      new Promise((resolve) => {
        calls.set(id, resolve)
        post({ kind: 'call', id, path, request, ...(connection !== undefined && { connection }) })
      }),
    cancel: (id) => post({ kind: 'cancel', id }),
    onEvent(listener) {
      events = listener
      post({ kind: 'subscribe' })
      return {
        refresh: () => post({ kind: 'subscribe' }),
        ack: (sequence) => post({ kind: 'events.ack', sequence }),
        close: () => void (events = undefined),
      }
    },
    openStream: streams.open,
  }
  return {
    bridge,
    receive(frame) {
      if (frame.kind === 'answer') settle(frame.id, frame)
      else if (frame.kind === 'stream.message') streams.message(frame.id, frame.message, frame.cost)
      else if (frame.kind === 'stream.end') streams.end(frame.id, frame.error)
      else events?.(frame)
    },
    lost() {
      const error: SerializedError = { code: 'unavailable', reason: 'app-unreachable', message: 'Slipway itself cannot be reached.' }
      for (const id of [...calls.keys()]) settle(id, { error })
      streams.endAll(error)
    },
    resumed() {
      if (events) post({ kind: 'subscribe' })
    },
  }
}

/** The page's ends of its streams. A number is never used twice. */
function createStreamPorts(post: (frame: ClientFrame) => void) {
  const listeners = new Map<number, StreamListener>()
  let last = 0

  function end(id: number, error?: SerializedError): void {
    const listener = listeners.get(id)
    listeners.delete(id)
    listener?.end(error)
  }
  return {
    open(name: string, request: unknown, listener: StreamListener): StreamPort {
      const id = ++last
      listeners.set(id, listener)
      post({ kind: 'stream.open', id, name, request })
      const live = (frame: ClientFrame) => void (listeners.has(id) && post(frame))
      return {
        send: (message) => live({ kind: 'stream.send', id, message }),
        ack: (cost) => live({ kind: 'stream.ack', id, cost }),
        close() {
          live({ kind: 'stream.close', id })
          listeners.delete(id)
        },
      }
    },
    message: (id: number, message: unknown, cost: number) => listeners.get(id)?.message(message, cost),
    end,
    endAll(error: SerializedError): void {
      for (const id of [...listeners.keys()]) end(id, error)
    },
  }
}
