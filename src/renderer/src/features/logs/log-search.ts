import type { LogEntry } from './log-buffer.ts'

export interface Range {
  from: number
  to: number
}

/** Where a text occurs in a line, without regard to case. */
export function rangesIn(plain: string, query: string): Range[] {
  if (query === '') return []
  const [haystack, needle] = [plain.toLowerCase(), query.toLowerCase()]
  const ranges: Range[] = []
  for (let from = haystack.indexOf(needle); from >= 0; from = haystack.indexOf(needle, from + needle.length)) ranges.push({ from, to: from + needle.length })
  return ranges
}

/** Sequence numbers of the lines that match; follows the buffer, reading each line once per query. */
export interface LogSearch {
  readonly matches: readonly number[]
  update(entries: readonly LogEntry[], query: string): void
  /** The match after (or before) a line, going round at the end. */
  next(from: number | undefined, step: 1 | -1): number | undefined
}

export function createLogSearch(): LogSearch {
  let matches: number[] = []
  let query = ''
  let seen = -1

  return {
    get matches() {
      return matches
    },
    update(entries, wanted) {
      const needle = wanted.toLowerCase()
      if (needle !== query) [matches, query, seen] = [[], needle, -1]
      const first = entries[0]
      if (needle === '' || !first) return void (matches = [])
      if ((matches[0] ?? first.sequence) < first.sequence) matches = matches.filter((sequence) => sequence >= first.sequence)
      for (let index = Math.max(0, seen + 1 - first.sequence); index < entries.length; index++) {
        const entry = entries[index] as LogEntry
        if (entry.plain.toLowerCase().includes(needle)) matches.push(entry.sequence)
        seen = entry.sequence
      }
    },
    next(from, step) {
      if (matches.length === 0) return undefined
      if (from === undefined) return step === 1 ? matches[0] : matches.at(-1)
      return step === 1 ? (matches.find((sequence) => sequence > from) ?? matches[0]) : (matches.findLast((sequence) => sequence < from) ?? matches.at(-1))
    },
  }
}
