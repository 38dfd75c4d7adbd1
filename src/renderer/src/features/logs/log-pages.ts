import { ref, type Ref } from 'vue'
import type { LogPage, LogPageRequest, LogSource, MergedLine } from '#shared/contract/logs.ts'
import { isEngineError } from '#shared/errors.ts'
import type { EngineProxy } from '../../engine/proxy.ts'
import type { LogBuffer, LogEntry } from './log-buffer.ts'

/** Lines of one page. */
const PAGE = 5_000
/** New lines that wait while the window is further up; with more, they are fetched again instead. */
const WAITING = 5_000

export interface LogPages {
  /** The window begins where the logs do. */
  atStart: Ref<boolean>
  /** The window ends where the logs do: new lines come in by themselves. */
  atEnd: Ref<boolean>
  loading: Ref<'older' | 'newer' | undefined>
  older: () => Promise<void>
  newer: () => Promise<void>
  /** @returns how many lines left the window. */
  takeLive: (lines: readonly MergedLine[]) => number
  reset: () => void
}

interface Wiring {
  buffer: LogBuffer
  engine: Pick<EngineProxy, 'logs'>
  sources: () => readonly LogSource[]
  range: () => Pick<LogPageRequest, 'since' | 'until'>
  changed: () => void
  failed: (error: unknown) => void
}

/** Moves the window over logs that are longer than memory: what left it at one end is fetched again from the engine. */
export function createLogPages({ buffer, engine, sources, range, changed, failed }: Wiring): LogPages {
  const [atStart, atEnd, loading] = [ref(false), ref(true), ref<'older' | 'newer'>()]
  let waiting: MergedLine[] = []
  let missed = false
  let abort = new AbortController()

  const request = (edge: LogEntry): LogPageRequest => ({ containers: sources().map(({ id }) => id), at: edge.at, limit: PAGE, ...range() })
  async function load(side: 'older' | 'newer', edge: LogEntry | undefined, put: (page: LogPage) => void): Promise<void> {
    if (loading.value || !edge) return
    const { signal } = abort
    loading.value = side
    try {
      const page = await engine.logs[side](request(edge), { signal })
      if (signal.aborted) return
      put(page)
      changed()
    } catch (error) {
      if (!isEngineError(error, 'cancelled')) failed(error)
    } finally {
      if (!signal.aborted) loading.value = undefined
    }
  }

  return {
    atStart,
    atEnd,
    loading,
    older: () =>
      load('older', buffer.entries[0], ({ lines, complete }) => {
        const fresh = withoutLast(lines, sameTime(buffer.entries, 'start'))
        if (buffer.prepend(fresh) > 0) atEnd.value = false
        atStart.value = complete || fresh.length === 0
      }),
    newer: () => {
      missed = false
      return load('newer', buffer.entries.at(-1), ({ lines, complete }) => {
        if (buffer.push(lines.slice(sameTime(buffer.entries, 'end'))) > 0) atStart.value = false
        if (!complete || missed) return
        const last = buffer.entries.at(-1)?.at ?? ''
        buffer.push(waiting.filter(({ at }) => at > last))
        ;[waiting, atEnd.value] = [[], true]
      })
    },
    takeLive(lines) {
      if (atEnd.value) {
        const dropped = buffer.push(lines)
        if (dropped > 0) atStart.value = false
        return dropped
      }
      waiting.push(...lines)
      if (waiting.length > WAITING) [waiting, missed] = [waiting.slice(-WAITING), true]
      return 0
    },
    reset() {
      abort.abort()
      abort = new AbortController()
      ;[waiting, missed] = [[], false]
      ;[atStart.value, atEnd.value, loading.value] = [false, true, undefined]
    },
  }
}

/** How many lines at an edge of the window have its very time: a page has them too. */
function sameTime(entries: readonly LogEntry[], edge: 'start' | 'end'): number {
  const at = edge === 'start' ? entries[0]?.at : entries.at(-1)?.at
  let count = 0
  while (count < entries.length && entries[edge === 'start' ? count : entries.length - 1 - count]?.at === at) count++
  return count
}
const withoutLast = (lines: readonly MergedLine[], count: number) => lines.slice(0, lines.length - count)
