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
import { EngineError, isEngineError, messageOf, type ErrorCode } from '#shared/errors.ts'
import { createBackoff } from '#base/backoff.ts'
import { greet, holdContact, type Greeting } from './contact.ts'
import { createEngineApi, type EngineApi } from './engine-api.ts'
import { createMirror, type Mirror } from './mirror.ts'
import { noAccounts, type RegistryAccounts } from './registries/accounts.ts'
import { signedApi } from './registries/signed-api.ts'
import { createSampler, type Sampler } from './sampler.ts'
import { createTransport, type Transport, type TransportAccess } from './transport/transport.ts'

export interface Connection extends AsyncDisposable {
  readonly id: ConnectionId
  readonly transport: Transport
  readonly api: EngineApi
  readonly mirror: Mirror
  readonly sampler: Sampler
  /** Of an engine of Slipway's own; undefined for others or before the first contact. */
  readonly hostFacts: HostFacts | undefined
  summary(): ConnectionSummary
  /** Names it, or puts it, anew. */
  present(face: Partial<ConnectionFace>): void
  /** `reset` says that the mirror was filled anew. */
  onEvent(listener: (event: EngineEvent | { type: 'reset' }) => void): () => void
  /** Ends the delay before the next attempt. */
  retry(): void
  /** Asks anew who it is: its place in a cluster may change without an event. */
  learn(signal: AbortSignal): Promise<void>
  /** Resolves when the state is ready (at once if it is). @throws the failure, or cancelled. */
  ready(signal: AbortSignal): Promise<void>
}

/** What the user sees of it, whatever it leads to. */
export type ConnectionFace = Pick<ConnectionSummary, 'name' | 'colour' | 'place'>

export interface ConnectionOptions {
  id: ConnectionId
  name: string
  colour?: number
  place?: number
  target: ConnectionTarget
  access?: TransportAccess
  /** Whose accounts at registries its requests carry. */
  accounts?: Pick<RegistryAccounts, 'of' | 'list'>
  /** First and longest delay between attempts, in milliseconds. */
  delays?: { first: number; limit: number }
}

type Heard = EngineEvent | { type: 'reset' }

/** Starts connecting at once and goes on until disposed. */
export function openConnection({ id, target, access, accounts = noAccounts, delays = usualDelays(target), ...given }: ConnectionOptions): Connection {
  const transport = createTransport(target, access)
  const api = signedApi(createEngineApi(transport), accounts)
  let face: ConnectionFace = { place: 0, ...given }
  const { listeners, emit, onEvent } = createListeners()
  const mirror = createMirror(emit)
  const sampler = createSampler(api)
  listeners.add(sampler.hear)
  const ending = new AbortController()
  const backoff = createBackoff(delays.first, delays.limit)
  const delay = createDelay()
  let state: ConnectionState = { status: 'connecting' }
  let hostFacts: HostFacts | undefined

  const summary = (): ConnectionSummary => ({ id, ...face, target, state })
  function become(next: ConnectionState): void {
    state = next
    emit({ type: 'connection.changed', connection: summary() })
  }

  function onReady(greeting: Greeting): void {
    hostFacts = greeting.hostFacts
    backoff.reset()
    state = { status: 'ready', since: Date.now(), facts: greeting.facts }
    emit({ type: 'reset' })
    become(state)
  }

  const learn = async (signal: AbortSignal) => become(withFacts(state, await greet(api, signal)))

  async function keepContact(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await holdContact({ api, mirror, signal: ending.signal, onReady, onNode: () => void learn(ending.signal).catch(() => undefined) })
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
    transport,
    api,
    mirror,
    sampler,
    get hostFacts() {
      return hostFacts
    },
    summary,
    present(changes) {
      face = { ...face, ...changes }
      become(state)
    },
    onEvent,
    learn,
    retry: () => (backoff.reset(), delay.end()),
    ready: (signal) => untilReady(() => state, onEvent, signal),
    [Symbol.asyncDispose]: () => close(ending, delay, transport, life).finally(() => listeners.clear()),
  }
}

function createListeners() {
  const listeners = new Set<(event: Heard) => void>()
  const emit = (event: Heard) => listeners.forEach((listener) => listener(event))
  const onEvent = (listener: (event: Heard) => void) => (listeners.add(listener), () => void listeners.delete(listener))
  return { listeners, emit, onEvent }
}

const notMendedByWaiting = new Set<ErrorCode>(['forbidden', 'not-implemented', 'unauthorized'])

/** Another machine may be off for the night; the engine of this one is back in a moment. */
const usualDelays = ({ kind }: ConnectionTarget) => (kind === 'embedded' || kind === 'socket' ? { first: 100, limit: 5_000 } : { first: 500, limit: 30_000 })

const withFacts = (state: ConnectionState, { facts }: Greeting): ConnectionState => (state.status === 'ready' ? { ...state, facts } : state)

/** What was once ready is `reconnecting` since it was lost; only what waiting cannot mend is `failed`. */
function afterFailure(before: ConnectionState, error: unknown): ConnectionState {
  if (isEngineError(error) && notMendedByWaiting.has(error.code)) return { status: 'failed', error: serializeError(error) }
  const reason = messageOf(error)
  if (before.status === 'ready') return { status: 'reconnecting', since: Date.now(), reason }
  if (before.status === 'reconnecting') return { ...before, reason }
  return { status: 'connecting', reason }
}

async function close(ending: AbortController, delay: { end(): void }, transport: Transport, life: Promise<void>): Promise<void> {
  ending.abort(new EngineError('cancelled', 'The connection was closed.'))
  delay.end()
  await transport[Symbol.asyncDispose]()
  await life
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
