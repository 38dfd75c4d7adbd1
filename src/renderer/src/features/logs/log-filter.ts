import { indexOfSequence, type LogEntry } from './log-buffer.ts'

/** The entries that are shown; follows the buffer, asking about each line once per question and generation. */
export interface LogFilter {
  readonly shown: readonly LogEntry[]
  /** Counts up when more changed than lines being added at the end. */
  readonly generation: number
  /** `accepts` undefined: all. A new function is a new question. */
  update(entries: readonly LogEntry[], generation: number, accepts: ((entry: LogEntry) => boolean) | undefined): void
}

export function createLogFilter(): LogFilter {
  let shown: readonly LogEntry[] = []
  let question: ((entry: LogEntry) => boolean) | undefined
  let [source, own, seen] = [-1, 0, -Infinity]

  return {
    get shown() {
      return shown
    },
    get generation() {
      return own
    },
    update(entries, generation, accepts) {
      const isNew = accepts !== question || generation !== source
      if (isNew) [question, source, seen, own] = [accepts, generation, -Infinity, own + 1]
      if (!question) return void (shown = entries)
      const added = entries.slice(indexOfSequence(entries, seen + 1)).filter(question)
      seen = entries.at(-1)?.sequence ?? seen
      if (isNew) shown = added
      else if (added.length > 0) (shown as LogEntry[]).push(...added)
    },
  }
}
