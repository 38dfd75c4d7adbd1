import type { LogLine } from '#shared/contract/streams.ts'
import { cellsOf } from './cells.ts'
import { plainText } from './ansi.ts'

export interface LogEntry {
  /** Counts up by one per line for the life of the buffer; never reused. */
  sequence: number
  at: string
  stream: LogLine['stream']
  /** As it came, colours and all. */
  raw: string
  /** What is seen. */
  plain: string
  /** Columns that `plain` takes. */
  cells: number
}

/** The newest lines, oldest first. Lets go of old ones a tenth at a time, so that the rest stays where it is. */
export interface LogBuffer {
  readonly entries: readonly LogEntry[]
  /** Columns of the longest line so far. */
  readonly longest: number
  /** @returns how many old lines were let go. */
  push(lines: readonly LogLine[]): number
  clear(): void
}

export const LOG_LINES = 100_000
const LOG_CHARACTERS = 64_000_000

export function createLogBuffer(limit = LOG_LINES, characterLimit = LOG_CHARACTERS): LogBuffer {
  let entries: LogEntry[] = []
  let sequence = 0
  let characters = 0
  let longest = 0

  function enter({ at, stream, text }: LogLine): LogEntry {
    const plain = plainText(text)
    const entry = { sequence: sequence++, at, stream, raw: text, plain, cells: cellsOf(plain) }
    longest = Math.max(longest, entry.cells)
    characters += text.length
    return entry
  }

  function trim(): number {
    const slack = Math.ceil(limit / 10)
    let dropped = entries.length > limit + slack ? entries.length - limit : 0
    let kept = characters - entries.slice(0, dropped).reduce((sum, { raw }) => sum + raw.length, 0)
    for (; kept > characterLimit && dropped < entries.length - 1; dropped++) kept -= entries[dropped]?.raw.length ?? 0
    characters = kept
    if (dropped > 0) entries = entries.slice(dropped)
    return dropped
  }

  return {
    get entries() {
      return entries
    },
    get longest() {
      return longest
    },
    push(lines) {
      for (const line of lines) entries.push(enter(line))
      return trim()
    },
    clear() {
      entries = []
      characters = 0
      longest = 0
    },
  }
}
