import type { SerializedError } from './errors.ts'
import type { CallId, EngineEvent, Snapshot } from './events.ts'

/** Page → main. */
export type ClientFrame =
  | { kind: 'call'; id: CallId; path: string; request?: unknown }
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

/** A stream's producer stops above `high` unconsumed characters and goes on below `low`. */
export const streamWindow = { high: 1_000_000, low: 250_000 } as const
/** Events that a page has not acknowledged before it is left to ask for a new snapshot. */
export const eventWindow = 5_000

/**
 * What the preload exposes as `window.slipway`, and what the page makes for itself over a WebSocket in a browser. It never grows
 * with features: names and requests are checked in the main process.
 */
export interface Bridge {
  /** Resolves always: Electron would strip everything but the message from an error. Aborted by `cancel`. */
  call(id: CallId, path: string, request: unknown): Promise<{ value?: unknown; error?: SerializedError }>
  cancel(id: CallId): void
  /** One listener per page; subscribes, and again by `refresh` after a gap. */
  onEvent(listener: (frame: EventFrame) => void): EventSubscription
  openStream(name: string, request: unknown, listener: StreamListener): StreamPort
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

/** Makes a bridge over anything that carries frames in order. The preload and the browser page share it. */
export function createBridge(post: (frame: ClientFrame) => void): { bridge: Bridge; receive(frame: ServerFrame): void; lost(): void; resumed(): void } {
  const calls = new Map<CallId, (answer: { value?: unknown; error?: SerializedError }) => void>()
  const streams = new Map<number, StreamListener>()
  let events: ((frame: EventFrame) => void) | undefined
  let lastStream = 0

  const settle = (id: CallId, answer: { value?: unknown; error?: SerializedError }) => {
    calls.get(id)?.(answer)
    calls.delete(id)
  }
  const end = (id: number, error?: SerializedError) => {
    const listener = streams.get(id)
    streams.delete(id)
    listener?.end(error)
  }

  const bridge: Bridge = {
    call: (id, path, request) =>
      new Promise((resolve) => {
        calls.set(id, resolve)
        post({ kind: 'call', id, path, request })
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
    openStream(name, request, listener) {
      const id = ++lastStream
      streams.set(id, listener)
      post({ kind: 'stream.open', id, name, request })
      const live = (frame: ClientFrame) => void (streams.has(id) && post(frame))
      return {
        send: (message) => live({ kind: 'stream.send', id, message }),
        ack: (cost) => live({ kind: 'stream.ack', id, cost }),
        close() {
          live({ kind: 'stream.close', id })
          streams.delete(id)
        },
      }
    },
  }
  return {
    bridge,
    receive(frame) {
      if (frame.kind === 'answer') settle(frame.id, frame)
      else if (frame.kind === 'stream.message') streams.get(frame.id)?.message(frame.message, frame.cost)
      else if (frame.kind === 'stream.end') end(frame.id, frame.error)
      else events?.(frame)
    },
    /** The other side is gone: whatever was open ends with `unavailable`. */
    lost() {
      const error: SerializedError = { code: 'unavailable', reason: 'app-unreachable', message: 'Slipway itself cannot be reached.' }
      for (const id of [...calls.keys()]) settle(id, { error })
      for (const id of [...streams.keys()]) end(id, error)
    },
    /** The other side is there again, or another in its place: what is shown must be told anew. */
    resumed() {
      if (events) post({ kind: 'subscribe' })
    },
  }
}
