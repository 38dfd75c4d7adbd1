import { EngineError } from '#shared/errors.ts'
import type { TransferProgress } from './images-service.ts'

export interface WorkOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: TransferProgress) => void) | undefined
}
type Work<Result> = (signal: AbortSignal, report: (progress: TransferProgress) => void) => Promise<Result>

/**
 * Work that several callers may want at once is done once: who comes later joins, hears the progress from then on and gets the same result.
 * It is cancelled when the last caller has left.
 */
export function createSharedWork() {
  interface Running {
    result: Promise<unknown>
    listeners: Set<(progress: TransferProgress) => void>
    users: number
    cancel: AbortController
    last: TransferProgress | undefined
  }
  const running = new Map<string, Running>()

  function start(key: string, work: Work<unknown>): Running {
    const entry: Running = { result: Promise.resolve(), listeners: new Set(), users: 0, cancel: new AbortController(), last: undefined }
    running.set(key, entry)
    entry.result = work(entry.cancel.signal, (progress) => {
      entry.last = progress
      for (const listener of entry.listeners) listener(progress)
    }).finally(() => running.get(key) === entry && running.delete(key))
    entry.result.catch(() => {})
    return entry
  }

  return {
    async join<Result>(key: string, { signal, onProgress }: WorkOptions, work: Work<Result>): Promise<Result> {
      if (signal?.aborted) throw cancelled()
      const entry = running.get(key) ?? start(key, work)
      if (onProgress && entry.last) onProgress(entry.last)
      if (onProgress) entry.listeners.add(onProgress)
      entry.users++
      const left = Promise.withResolvers<never>()
      const leave = () => left.reject(cancelled())
      signal?.addEventListener('abort', leave, { once: true })
      try {
        return (await Promise.race([entry.result, left.promise])) as Result
      } finally {
        signal?.removeEventListener('abort', leave)
        if (onProgress) entry.listeners.delete(onProgress)
        if (--entry.users === 0) {
          // Nobody may join what is being cancelled.
          if (running.get(key) === entry) running.delete(key)
          entry.cancel.abort()
          await entry.result.catch(() => {})
        }
      }
    },
  }
}
export type SharedWork = ReturnType<typeof createSharedWork>

export const cancelled = (): EngineError => new EngineError('cancelled', 'the operation was cancelled', { reason: 'cancelled' })

/** At most `limit` at a time, in the order of asking. */
export function createGate(limit: number) {
  const waiting: (() => void)[] = []
  let free = limit
  return {
    /** Who enters now has to wait. */
    get isFull() {
      return free === 0
    },
    async enter(): Promise<Disposable> {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      let inside = true
      return {
        [Symbol.dispose]() {
          if (!inside) return
          inside = false
          const next = waiting.shift()
          if (next) next()
          else free++
        },
      }
    },
  }
}
export type Gate = ReturnType<typeof createGate>
