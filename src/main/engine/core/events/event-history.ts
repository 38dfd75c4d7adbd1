import type { EngineEvent } from './event-bus.ts'

/** Past events, bounded: of many the oldest are forgotten. */
export interface EventHistory extends Disposable {
  append(event: EngineEvent): void
  /** Those with `since` ≤ timeNano ≤ `until`, in the order in which they happened. */
  read(since: bigint, until: bigint): EngineEvent[]
}

const LIMIT = 4096

export function createMemoryHistory(limit = LIMIT): EventHistory {
  const past: EngineEvent[] = []
  return {
    append(event) {
      past.push(event)
      if (past.length > limit * 2) past.splice(0, past.length - limit)
    },
    read: (since, until) => past.filter(({ timeNano }) => timeNano >= since && timeNano <= until),
    [Symbol.dispose]() {},
  }
}
