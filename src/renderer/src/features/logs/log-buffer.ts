import type { LogLine } from '#shared/contract/streams.ts'
import { plainText } from './ansi.ts'
import { cellsOf } from './cells.ts'
import { readJsonLine } from './json-line.ts'
import { levelOf, type LogLevel } from './level.ts'

export interface LogEntry {
  /** Grows by one from each line to the next, and is never reused; old lines that are fetched again count down from the first. */
  sequence: number
  at: string
  stream: LogLine['stream']
  /** Place of its container among the sources. */
  source: number
  level: LogLevel
  /** As it came. */
  text: string
  /** As it is shown, colours and all. */
  raw: string
  /** What is seen. */
  plain: string
  /** Columns that `plain` takes. */
  cells: number
}
export type IncomingLine = LogLine & { source?: number }

/** A window over a log, oldest first: neither end need be the log's. Lets go of lines a tenth at a time, so that the rest stays where it is. */
export interface LogBuffer {
  readonly entries: readonly LogEntry[]
  /** Columns of the longest line so far. */
  readonly longest: number
  /** Counts up when lines other than new last ones came or went. */
  readonly generation: number
  /** New last lines. @returns how many old ones were let go. */
  push(lines: readonly IncomingLine[]): number
  /** Lines before the first. @returns how many of the last were let go. */
  prepend(lines: readonly IncomingLine[]): number
  /** JSON as words, or as it came. */
  setReadable(readable: boolean): void
  clear(): void
}

export const LOG_LINES = 100_000
const LOG_CHARACTERS = 64_000_000

export function createLogBuffer(limit = LOG_LINES, characterLimit = LOG_CHARACTERS): LogBuffer {
  let entries: LogEntry[] = []
  let [next, characters, longest, generation, readable] = [0, 0, 0, 0, true]

  function enter(line: IncomingLine, sequence: number): LogEntry {
    const entry = entryOf(line, sequence, readable)
    longest = Math.max(longest, entry.cells)
    characters += line.text.length
    return entry
  }
  const isTooMuch = () => entries.length > limit + Math.ceil(limit / 10) || characters > characterLimit

  /** How many go, counted from one end, to be within the limits again. */
  function excess(from: 'start' | 'end'): number {
    if (!isTooMuch()) return 0
    let dropped = Math.max(0, entries.length - limit)
    const lengthAt = (index: number) => (from === 'start' ? entries[index] : entries[entries.length - 1 - index])?.text.length ?? 0
    for (let index = 0; index < dropped; index++) characters -= lengthAt(index)
    for (; characters > characterLimit && dropped < entries.length - 1; dropped++) characters -= lengthAt(dropped)
    generation++
    return dropped
  }

  return {
    get entries() {
      return entries
    },
    get longest() {
      return longest
    },
    get generation() {
      return generation
    },
    push(lines) {
      for (const line of lines) entries.push(enter(line, next++))
      const dropped = excess('start')
      if (dropped > 0) entries = entries.slice(dropped)
      return dropped
    },
    prepend(lines) {
      if (lines.length === 0) return 0
      const first = entries[0]?.sequence ?? next
      entries = [...lines.map((line, index) => enter(line, first - lines.length + index)), ...entries]
      generation++
      const dropped = excess('end')
      if (dropped > 0) entries = entries.slice(0, -dropped)
      next = (entries.at(-1)?.sequence ?? next - 1) + 1
      return dropped
    },
    setReadable(wanted) {
      if (readable === wanted) return
      ;[readable, longest, characters] = [wanted, 0, 0]
      entries = entries.map((entry) => enter(entry, entry.sequence))
      generation++
    },
    clear() {
      ;[entries, characters, longest] = [[], 0, 0]
      generation++
    },
  }
}

export function entryOf({ at, stream, text, source = 0 }: IncomingLine, sequence: number, readable: boolean): LogEntry {
  const json = readJsonLine(text)
  const raw = json && readable ? json.readable : text
  const plain = plainText(raw)
  return { sequence, at, stream, source, text, raw, plain, cells: cellsOf(plain), level: json?.level ?? levelOf(plain) }
}

/** Index of the first entry with this sequence number or a later one. */
export function indexOfSequence(entries: readonly LogEntry[], sequence: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.sequence ?? 0) < sequence) low = middle + 1
    else high = middle
  }
  return low
}
