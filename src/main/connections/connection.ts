/**
 * A connection is one engine known to the app: how it is reached, whether it can be, and a **mirror** of what it holds.
 *
 * The mirror's life. `connecting`: the engine is asked who it is and its event stream is opened, and only then the lists are read, so that
 * nothing falls between the two. `ready`: for each event the one item it names is asked for; no list is ever read because something happened
 * and nothing polls. When the event stream breaks the connection is `reconnecting`: what was last known stays shown, and it is
 * tried again, at once when someone who knows better says so (`retry`), else with growing delays. Then everything is told anew, as one snapshot.
 */
import type { ConnectionId, ConnectionState, ConnectionSummary, ConnectionTarget } from '#shared/contract/connections.ts'
import type { HostFacts } from '#shared/contract/engine.ts'
import type { EngineEvent } from '#shared/contract/events.ts'
import { serializeError } from '#shared/contract/errors.ts'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import { createBackoff } from '#base/backoff.ts'
import { holdContact, type Greeting } from './contact.ts'
import { createEngineApi, type EngineApi } from './engine-api.ts'
import { createMirror, type Mirror } from './mirror.ts'
import { createSampler, type Sampler } from './sampler.ts'

export interface Connection extends AsyncDisposable {
  readonly id: ConnectionId
  readonly api: EngineApi
  readonly mirror: Mirror
  readonly sampler: Sampler
  /** Of an engine of Slipway's own; undefined for others or before the first contact. */
  readonly hostFacts: HostFacts | undefined
  summary(): ConnectionSummary
  /** `reset` says that the mirror was filled anew. */
  onEvent(listener: (event: EngineEvent | { type: 'reset' }) => void): () => void
  /** Ends the delay before the next attempt. */
  retry(): void
  /** Resolves when the state is ready (at once if it is). @throws the failure, or cancelled. */
  ready(signal: AbortSignal): Promise<void>
}

export interface ConnectionOptions {
  id: ConnectionId
  name: string
  target: ConnectionTarget
  /** First and longest delay between attempts, in milliseconds. */
  delays?: { first: number; limit: number }
}

type Heard = EngineEvent | { type: 'reset' }

/** Starts connecting at once and goes on until disposed. */
export function openConnection({ id, name, target, delays = { first: 100, limit: 5_000 } }: ConnectionOptions): Connection {
  const api = createEngineApi(target)
  const listeners = new Set<(event: Heard) => void>()
  const emit = (event: Heard) => listeners.forEach((listener) => listener(event))
  const mirror = createMirror(emit)
  const sampler = createSampler(api)
  listeners.add(sampler.hear)
  const ending = new AbortController()
  const backoff = createBackoff(delays.first, delays.limit)
  const delay = createDelay()
  let state: ConnectionState = { status: 'connecting' }
  let hostFacts: HostFacts | undefined

  const onEvent = (listener: (event: Heard) => void) => (listeners.add(listener), () => void listeners.delete(listener))
  const summary = (): ConnectionSummary => ({ id, name, target, state })
  function become(next: ConnectionState): void {
    state = next
    emit({ type: 'connection.changed', connection: summary() })
  }

  function onReady(greeting: Greeting): void {
    hostFacts = greeting.hostFacts
    backoff.reset()
    state = { status: 'ready', since: Date.now(), facts: greeting.facts }
    emit({ type: 'reset' })
    emit({ type: 'connection.changed', connection: summary() })
  }

  async function keepContact(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await holdContact({ api, mirror, signal: ending.signal, onReady })
      } catch (error) {
        if (ending.signal.aborted) return
        become(afterFailure(state, error))
        await delay.wait(state.status === 'failed' ? undefined : backoff.next())
      }
    }
  }

  const life = keepContact()
  return {
    id,
    api,
    mirror,
    sampler,
    get hostFacts() {
      return hostFacts
    },
    summary,
    onEvent,
    retry() {
      backoff.reset()
      delay.end()
    },
    ready: (signal) => untilReady(() => state, onEvent, signal),
    async [Symbol.asyncDispose]() {
      ending.abort(new EngineError('cancelled', 'The connection was closed.'))
      delay.end()
      await life
      listeners.clear()
    },
  }
}

/** What was once ready is `reconnecting` since it was lost; only what waiting cannot mend is `failed`. */
function afterFailure(before: ConnectionState, error: unknown): ConnectionState {
  if (isEngineError(error, 'forbidden') || isEngineError(error, 'not-implemented')) return { status: 'failed', error: serializeError(error) }
  const reason = messageOf(error)
  if (before.status === 'ready') return { status: 'reconnecting', since: Date.now(), reason }
  if (before.status === 'reconnecting') return { ...before, reason }
  return { status: 'connecting', reason }
}

/** A pause that can be cut short; without a length only `end` ends it. */
function createDelay() {
  let end = () => {}
  return {
    async wait(milliseconds: number | undefined): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds)
      end = resolve
      await promise
      clearTimeout(timer)
    },
    end: () => end(),
  }
}

function untilReady(state: () => ConnectionState, listen: (listener: () => void) => () => void, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const check = () => {
    if (signal.aborted) reject(new EngineError('cancelled', 'Cancelled.'))
    else if (state().status === 'ready') resolve()
  }
  const stop = listen(check)
  signal.addEventListener('abort', check)
  check()
  return promise.finally(() => {
    stop()
    signal.removeEventListener('abort', check)
  })
}
