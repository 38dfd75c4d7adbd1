import type { EngineFacts, HostFacts } from '#shared/contract/engine.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { EngineApi } from './engine-api.ts'
import type { Mirror } from './mirror.ts'
import { recallAsked } from './recall-asked.ts'
import { createRefresher, listEverything } from './refresh.ts'
import { momentOf, touchedBy, type WireEvent } from './wire/event.ts'
import { readFacts, type WireInfo, type WireVersion } from './wire/facts.ts'
import { jsonLines } from './wire/json-lines.ts'

/** Who answered. */
export interface Greeting {
  facts: EngineFacts
  /** Undefined for engines that are not Slipway's. */
  hostFacts: HostFacts | undefined
}

interface Contact {
  api: EngineApi
  mirror: Mirror
  signal: AbortSignal
  /** The mirror is filled and follows the engine from here. */
  onReady(greeting: Greeting): void
  /** A node of a cluster came, went or changed: it may be this engine. */
  onNode(): void
}

/** One contact, from the first question to the end of the event stream; always ends by throwing. The stream is opened before the lists are read: nothing falls between. */
export async function holdContact({ api, mirror, signal: parent, onReady, onNode }: Contact): Promise<never> {
  using scope = linkedAbort(parent)
  const { signal } = scope
  const greeting = await greet(api, signal)
  const events = jsonLines<WireEvent>(await api.stream('GET', '/events', { signal }))
  mirror.reset(await listEverything(api, signal))
  onReady(greeting)
  void recallAsked(api, mirror, signal)
  const refresher = createRefresher(api, mirror, signal, (error) => scope.abort(error))
  for await (const event of events) {
    const moment = momentOf(event)
    if (moment) mirror.noteMoment(moment)
    if (event.Type === 'node') onNode()
    touchedBy(event).forEach(refresher.touch)
  }
  throw new EngineError('unavailable', 'The engine closed its event stream.')
}

/** Who is there: product and version, and the host's facts when it is an engine of ours. */
export async function greet(api: EngineApi, signal: AbortSignal): Promise<Greeting> {
  const [version, info, hostFacts] = await Promise.all([
    api.json<WireVersion>('GET', '/version', { signal }),
    api.json<WireInfo>('GET', '/info', { signal }),
    api.json<HostFacts>('GET', '/slipway/host', { signal }).catch((error: unknown) => {
      if (isEngineError(error) && error.code !== 'unavailable' && error.code !== 'cancelled') return undefined
      throw error
    }),
  ])
  return { hostFacts, facts: readFacts(version, info, hostFacts !== undefined) }
}

/** Aborts with its parent, by itself, and when its scope is left. */
function linkedAbort(parent: AbortSignal): Disposable & { signal: AbortSignal; abort(reason: unknown): void } {
  const own = new AbortController()
  return { signal: AbortSignal.any([parent, own.signal]), abort: (reason) => own.abort(reason), [Symbol.dispose]: () => own.abort() }
}
