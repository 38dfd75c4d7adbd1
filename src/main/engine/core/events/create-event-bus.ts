import type { EngineEvent, EventBus } from './event-bus.ts'
import { createMemoryHistory, type EventHistory } from './event-history.ts'

const SECOND = 1_000_000_000n
/** Passing events that are remembered at least: as many as Docker remembers of all. */
const PASSING = 256

export function createEventBus(now: () => bigint = unixNano, past: EventHistory = createMemoryHistory()): EventBus {
  const listeners = new Set<(event: EngineEvent) => void>()
  const fleeting = createMemoryHistory(PASSING)
  let last = 0n
  return {
    publish(event, { passing = false } = {}) {
      // Strictly rising, so that `since` with the time of the last event seen never loses one; unless somebody has set the clock back.
      const at = now()
      last = at > last || last - at > SECOND ? at : last + 1n
      const stamped = { ...event, timeNano: last }
      const kept = passing ? fleeting : past
      kept.append(stamped)
      for (const listener of [...listeners]) listener(stamped)
    },
    subscribe(listener) {
      const own = (event: EngineEvent) => listener(event)
      listeners.add(own)
      return { [Symbol.dispose]: () => void listeners.delete(own) }
    },
    history: (since, until) => [...past.read(since, until), ...fleeting.read(since, until)].sort((one, other) => (one.timeNano < other.timeNano ? -1 : 1)),
    get subscribers() {
      return listeners.size
    },
  }
}

let offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint()
/** The wall clock tells milliseconds only, and the two are not read at the same instant. */
const TOLERANCE = 10_000_000n

/** Wall-clock nanoseconds with the resolution of the monotonic clock. Clients ask for events by their own wall clock, so a clock that was set is followed at once. */
export function unixNano(): bigint {
  const wall = BigInt(Date.now()) * 1_000_000n
  const precise = process.hrtime.bigint() + offset
  const apart = precise > wall ? precise - wall : wall - precise
  if (apart < TOLERANCE) return precise
  offset = wall - process.hrtime.bigint()
  return wall
}
