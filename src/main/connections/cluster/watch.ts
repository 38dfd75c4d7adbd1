/**
 * The cluster as one stream, for as long as somebody looks. Nodes, services, secrets and configs follow Docker's events, an item at a time, as
 * everything else does. Of tasks, and of managers that reach each other, Docker tells no events: those lists are asked for again, every second while
 * something is on its way and every third one while all is still, and only what changed is told.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { ClusterMessage, ClusterStanding } from '#shared/contract/cluster.ts'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { EngineApi } from '../engine-api.ts'
import { untilBack } from '../until-back.ts'
import type { WireEvent } from '../wire/event.ts'
import { fromWire } from '../wire/error.ts'
import { jsonLines } from '../wire/json-lines.ts'
import { openContents, type Contents } from './contents.ts'
import { standingOf } from './standing.ts'

/** Milliseconds from one look at the tasks to the next. */
export interface Pace {
  moving: number
  still: number
  /** After a failure that waiting may mend: managers that elect a leader. */
  silent: number
}
const usualPace: Pace = { moving: 1_000, still: 3_000, silent: 2_000 }

type Watched = Pick<Connection, 'api' | 'summary' | 'onEvent' | 'ready' | 'learn'>

export async function* watchCluster(connection: Watched, signal: AbortSignal, pace: Pace = usualPace): AsyncGenerator<ClusterMessage> {
  let told: ClusterStanding | undefined
  while (!signal.aborted) {
    try {
      using change = hearChange(connection)
      const standing = await standingOf(connection, signal)
      if (JSON.stringify(standing) !== JSON.stringify(told)) yield { kind: 'standing', standing: (told = standing) }
      if (isNews(connection, standing)) await connection.learn(signal)
      if (standing.kind === 'manager') yield* follow(connection.api, signal, pace)
      else await change.next(signal)
    } catch (error) {
      if (signal.aborted) return
      if (!isEngineError(error)) throw error
      if (told?.kind === 'manager') yield { kind: 'silent', reason: messageOf(error) }
      await recover(connection, error.reason, pace, signal)
    }
  }
}

/** It joined or left by another hand, of which Docker tells no event. */
function isNews({ summary }: Watched, { kind }: ClusterStanding): boolean {
  const { state } = summary()
  return state.status === 'ready' && state.facts.cluster !== (kind === 'manager' || kind === 'worker' ? kind : undefined)
}

/** Until it is worth asking again. */
async function recover(connection: Watched, reason: string | undefined, pace: Pace, signal: AbortSignal): Promise<void> {
  if (reason === 'engine-unreachable') return untilBack(connection, signal)
  // Docker's refusal to a node that is no manager (any more): its place has changed.
  if (reason === 'http-503') await connection.learn(signal).catch(() => undefined)
  await wait(pace.silent, undefined, { signal })
}

/** Whatever is said of the connection while this is held: its facts tell of the engine's place. */
function hearChange({ onEvent }: Pick<Connection, 'onEvent'>): Disposable & { next(signal: AbortSignal): Promise<void> } {
  const heard = Promise.withResolvers<void>()
  const stop = onEvent(({ type }) => type === 'connection.changed' && heard.resolve())
  return {
    async next(signal) {
      const leave = () => heard.resolve()
      signal.addEventListener('abort', leave)
      if (signal.aborted) return
      await heard.promise
      signal.removeEventListener('abort', leave)
    },
    [Symbol.dispose]: stop,
  }
}

async function* follow(api: EngineApi, parent: AbortSignal, pace: Pace): AsyncGenerator<ClusterMessage> {
  const leaving = new AbortController()
  const signal = AbortSignal.any([parent, leaving.signal])
  try {
    const filters = JSON.stringify({ type: ['node', 'service', 'secret', 'config'] })
    const news = gather(jsonLines<WireEvent>(await api.stream('GET', '/events', { query: { filters }, signal })))
    const contents = await openContents(api, signal)
    yield { kind: 'contents', contents: contents.all() }
    for (;;) {
      await news.within(contents.moving() ? pace.moving : pace.still, signal)
      yield* await changes(contents, news.take(), signal)
    }
  } finally {
    leaving.abort()
  }
}

async function changes(contents: Contents, events: readonly WireEvent[], signal: AbortSignal): Promise<ClusterMessage[]> {
  const touched = new Map(events.map(({ Type, Actor: { ID }, Action }) => [`${Type} ${ID}`, { type: Type, id: ID, gone: Action === 'remove' }]))
  const messages: ClusterMessage[] = []
  for (const each of touched.values()) messages.push(...(await contents.refresh(each, signal)))
  return [...messages, ...(await contents.refreshSilent(signal))]
}

/** Events as they come, taken together. What ends their stream is thrown to whoever waits for more. */
function gather(events: AsyncIterable<WireEvent>) {
  const gathered: WireEvent[] = []
  let arrival = Promise.withResolvers<void>()
  let failure: { error: unknown } | undefined
  const read = async () => {
    for await (const event of events) {
      gathered.push(event)
      arrival.resolve()
    }
  }
  void read()
    .catch((error: unknown) => (failure = { error }))
    .finally(() => ((failure ??= { error: new EngineError('unavailable', 'The engine closed its event stream.', { reason: 'engine-unreachable' }) }), arrival.resolve()))
  return {
    take: () => gathered.splice(0),
    async within(milliseconds: number, signal: AbortSignal): Promise<void> {
      const timer = new AbortController()
      await Promise.race([arrival.promise, wait(milliseconds, undefined, { signal: AbortSignal.any([signal, timer.signal]) })]).finally(() => timer.abort())
      if (failure && gathered.length === 0) throw fromWire(failure.error)
      if (!failure) arrival = Promise.withResolvers()
    },
  }
}
