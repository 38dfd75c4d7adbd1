/**
 * Serves the contract to one window over whatever carries its frames.
 *
 * A **session** is what the window works with: the implementation of every call and stream, a snapshot of what it shows and the events after
 * it. A **peer** is the window's end of the wire. This folder carries between the two and has no opinion of what is carried: requests are
 * checked by the contract's own shapes (calls.ts), events are numbered and held back from a page that does not keep up (events.ts), streams
 * are pulled from their producers only as fast as the page takes them (streams.ts). Who may send frames at all is the shell's to decide, before they get here.
 */
import type { ServerFrame } from '#shared/contract/bridge.ts'
import type { ConnectionId } from '#shared/contract/connections.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { EngineEvent, ProgressStep, Snapshot } from '#shared/contract/events.ts'
import { createCalls } from './calls.ts'
import { createEventFeed } from './events.ts'
import { parseFrame } from './frames.ts'
import { createStreams, type StreamImplementations } from './streams.ts'

/** What every call is given. */
export interface CallContext {
  /** Aborted when the page cancels. A window that closes does not cancel: a pull goes on. */
  signal: AbortSignal
  progress(step: ProgressStep): void
}

export interface Session {
  implementation: Implementation<Contract, CallContext>
  /** The calls about what that engine holds, whichever the window shows. @throws not-found when one is made and there is no such connection */
  on(connection: ConnectionId): Partial<Implementation<Contract, CallContext>>
  streams: StreamImplementations
  /** What the window shows now; events heard after this call come on top of it. */
  snapshot(): Snapshot
  /** @returns stops listening. */
  onEvent(listener: (event: EngineEvent) => void): () => void
}

export interface Peer {
  /** Takes one frame from the page; anything that is not a frame is dropped. */
  receive(frame: unknown): void
  /** The window is gone: streams are closed, calls go on unheard. */
  close(): void
}

export interface ServeOptions {
  /** Told of bugs only (`internal`). */
  reportBug?(error: unknown, where: string): void
}

/** Joins a session to a window. `send` must keep the order of frames. */
export function serve(session: Session, send: (frame: ServerFrame) => void, options: ServeOptions = {}): Peer {
  let open = true
  const post = (frame: ServerFrame) => void (open && send(frame))
  const reportBug = options.reportBug ?? ((error, where) => console.error(where, error))
  const feed = createEventFeed(session, post)
  const calls = createCalls((connection) => (connection === undefined ? session.implementation : session.on(connection)), { post, reportBug, report: feed.push, flush: feed.flush })
  const streams = createStreams(session.streams, { post, reportBug })

  return {
    receive(raw) {
      const frame = parseFrame(raw)
      if (!open || !frame) return
      if (frame.kind === 'call') void calls.call(frame)
      else if (frame.kind === 'cancel') calls.cancel(frame.id)
      else if (frame.kind === 'subscribe') feed.subscribe()
      else if (frame.kind === 'events.ack') feed.ack(frame.sequence)
      else streams.receive(frame)
    },
    close() {
      open = false
      feed.close()
      streams.close()
    },
  }
}
