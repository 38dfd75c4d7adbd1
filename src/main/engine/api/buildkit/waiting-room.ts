import { EngineError } from '#shared/errors.ts'

/** Values by an id that the client chose and may name before we have heard of it, as its requests come over several connections. */
export interface WaitingRoom<Value> {
  put(id: string, value: Value): void
  /** Unless another value has taken its place. */
  remove(id: string, value: Value): void
  /** Waits a little. @throws EngineError not-found, cancelled */
  get(id: string, signal: AbortSignal): Promise<Value>
  values(): Iterable<Value>
}

/** BuildKit itself waits as long for a session. */
const PATIENCE = 5_000

/** `what`: of a value that does not come, such as "session". */
export function createWaitingRoom<Value>(what: string): WaitingRoom<Value> {
  const known = new Map<string, Value>()
  const waiting = new Map<string, Set<(value: Value) => void>>()
  return {
    put(id, value) {
      known.set(id, value)
      waiting.get(id)?.forEach((resolve) => resolve(value))
    },
    remove(id, value) {
      if (known.get(id) === value) known.delete(id)
    },
    async get(id, signal) {
      const found = known.get(id)
      if (found !== undefined) return found
      const arrival = Promise.withResolvers<Value>()
      const all = waiting.get(id) ?? new Set()
      waiting.set(id, all.add(arrival.resolve))
      const cancelled = () => arrival.reject(new EngineError('cancelled', 'the build was cancelled'))
      const timer = setTimeout(() => arrival.reject(new EngineError('not-found', `no active ${what} for ${id}`, { hint: 'The client has to keep its connections open while it builds.' })), PATIENCE)
      signal.addEventListener('abort', cancelled)
      try {
        return await arrival.promise
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', cancelled)
        all.delete(arrival.resolve)
        if (all.size === 0) waiting.delete(id)
      }
    },
    values: () => known.values(),
  }
}
