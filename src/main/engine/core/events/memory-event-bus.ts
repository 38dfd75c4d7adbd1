import type { EngineEvent, EventBus } from './event-bus.ts'

const HISTORY_LIMIT = 4096

export function createEventBus(now: () => bigint = unixNano): EventBus {
  const listeners = new Set<(event: EngineEvent) => void>()
  const past: EngineEvent[] = []
  let last = 0n
  return {
    publish(event) {
      // Strictly rising, so that `since` with the time of the last event seen never loses one.
      const at = now()
      last = at > last ? at : last + 1n
      const stamped = { ...event, timeNano: last }
      past.push(stamped)
      if (past.length > HISTORY_LIMIT * 2) past.splice(0, past.length - HISTORY_LIMIT)
      for (const listener of [...listeners]) listener(stamped)
    },
    subscribe(listener) {
      const own = (event: EngineEvent) => listener(event)
      listeners.add(own)
      return { [Symbol.dispose]: () => void listeners.delete(own) }
    },
    history: (since, until) => past.filter((event) => event.timeNano >= since && event.timeNano <= until),
  }
}

const START = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint()
let offset = START

/** Wall-clock nanoseconds with the resolution of the monotonic clock; follows a changed wall clock when they part by more than a second. */
export function unixNano(): bigint {
  const wall = BigInt(Date.now()) * 1_000_000n
  const precise = process.hrtime.bigint() + offset
  const apart = precise > wall ? precise - wall : wall - precise
  if (apart < 1_000_000_000n) return precise
  offset = wall - process.hrtime.bigint()
  return wall
}
