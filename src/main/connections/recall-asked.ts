import type { EngineApi } from './engine-api.ts'
import type { Mirror } from './mirror.ts'
import { momentOf, type Moment, type WireEvent } from './wire/event.ts'
import { jsonLines } from './wire/json-lines.ts'

/** As long as an end is news (milliseconds). */
const WINDOW = 7 * 24 * 3_600_000

/**
 * Which of the containers that have ended were stopped by somebody, as far as the engine remembers: no list tells, but the history of events does.
 * Asked beside everything else, and never an error: an engine without a history leaves it to the exit codes.
 */
export async function recallAsked(api: EngineApi, mirror: Mirror, signal: AbortSignal): Promise<void> {
  const ended = () => mirror.items().containers.filter(({ state }) => state.status === 'exited' && state.code !== 0)
  if (ended().length === 0) return
  try {
    const now = Date.now()
    const last = new Map<string, Moment>()
    const query = { since: Math.floor((now - WINDOW) / 1000), until: Math.floor(now / 1000), filters: JSON.stringify({ type: ['container'], event: ['kill', 'start'] }) }
    for await (const event of jsonLines<WireEvent>(await api.stream('GET', '/events', { query, signal }))) {
      const moment = momentOf(event)
      if (moment) last.set(moment.id, moment)
    }
    for (const container of ended()) {
      const moment = last.get(container.id)
      if (moment?.kind !== 'asked') continue
      mirror.noteMoment(moment)
      mirror.putContainer(container)
    }
  } catch {
    // What is not remembered is not told.
  }
}
