import { setTimeout as wait } from 'node:timers/promises'
import type { MergedLine, MergedLogsMessage } from '#shared/contract/logs.ts'

/** Milliseconds that lines wait for earlier ones of other containers. */
const hold = 60
/** Lines that wait for the page before their readers do. */
const limit = 10_000

/** Where readers of several logs put what they read, and from where one takes it, in order of time as far as what came together allows. */
export function createLiveLines() {
  let lines: MergedLine[] = []
  let others: MergedLogsMessage[] = []
  let news = Promise.withResolvers<void>()
  let room: PromiseWithResolvers<void> | undefined

  function taken(): MergedLogsMessage[] {
    const sorted = lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.source - b.source))
    const messages: MergedLogsMessage[] = [...(sorted.length > 0 ? [{ kind: 'lines' as const, lines: sorted }] : []), ...others]
    ;[lines, others] = [[], []]
    room?.resolve()
    room = undefined
    return messages
  }
  return {
    taken,
    /** Resolves when there is room for more. */
    async put(source: number, more: readonly Omit<MergedLine, 'source'>[]): Promise<void> {
      for (const line of more) lines.push({ ...line, source })
      news.resolve()
      if (lines.length <= limit) return
      room ??= Promise.withResolvers()
      await room.promise
    },
    tell(message: MergedLogsMessage): void {
      others.push(message)
      news.resolve()
    },
    async *take(signal: AbortSignal): AsyncGenerator<MergedLogsMessage> {
      const leave = () => news.resolve()
      signal.addEventListener('abort', leave)
      try {
        while (!signal.aborted) {
          await news.promise
          if (lines.length > 0 && lines.length < limit) await wait(hold, undefined, { signal }).catch(() => undefined)
          news = Promise.withResolvers()
          yield* taken()
        }
      } finally {
        signal.removeEventListener('abort', leave)
        room?.resolve()
      }
    },
  }
}
