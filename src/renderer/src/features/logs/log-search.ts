import { indexOfSequence, type LogEntry } from './log-buffer.ts'

export interface Range {
  from: number
  to: number
}

/** What is looked for: a text without regard to case, or a regular expression. */
export interface Matcher {
  matches(plain: string): boolean
  rangesIn(plain: string): Range[]
}

/** Longer lines are looked at up to here by a regular expression: some take a time that grows with the square. */
const LOOKED_AT = 20_000
const MOST_RANGES = 1_000

/** Undefined when there is nothing to look for. @throws SyntaxError for a wrong expression. */
export function createMatcher(query: string, isExpression: boolean): Matcher | undefined {
  if (query === '') return undefined
  const [once, all] = isExpression ? [new RegExp(query, 'iu'), new RegExp(query, 'giu')] : [undefined, undefined]
  const needle = query.toLowerCase()
  return {
    matches: (plain) => (once ? once.test(plain.slice(0, LOOKED_AT)) : plain.toLowerCase().includes(needle)),
    rangesIn: (plain) => (all ? expressionRanges(all, plain.slice(0, LOOKED_AT)) : textRanges(plain.toLowerCase(), needle)),
  }
}

function textRanges(haystack: string, needle: string): Range[] {
  const ranges: Range[] = []
  for (let from = haystack.indexOf(needle); from >= 0; from = haystack.indexOf(needle, from + needle.length)) ranges.push({ from, to: from + needle.length })
  return ranges
}

function expressionRanges(expression: RegExp, plain: string): Range[] {
  const ranges: Range[] = []
  for (const match of plain.matchAll(expression)) {
    if (match[0].length > 0) ranges.push({ from: match.index, to: match.index + match[0].length })
    if (ranges.length >= MOST_RANGES) break
  }
  return ranges
}

/** Sequence numbers of the lines that match; follows the buffer, reading each line once per matcher and generation. */
export interface LogSearch {
  readonly matches: readonly number[]
  update(entries: readonly LogEntry[], matcher: Matcher | undefined, generation: number): void
  /** The match after (or before) a line; undefined where there is none on that side. */
  next(from: number | undefined, step: 1 | -1): number | undefined
}

export function createLogSearch(): LogSearch {
  let matches: number[] = []
  let matcher: Matcher | undefined
  let generation = -1
  let seen = -Infinity

  return {
    get matches() {
      return matches
    },
    update(entries, wanted, current) {
      if (wanted !== matcher || current !== generation) [matches, matcher, generation, seen] = [[], wanted, current, -Infinity]
      if (!matcher) return
      for (let index = indexOfSequence(entries, seen + 1); index < entries.length; index++) {
        const entry = entries[index] as LogEntry
        if (matcher.matches(entry.plain)) matches.push(entry.sequence)
        seen = entry.sequence
      }
    },
    next(from, step) {
      if (from === undefined) return step === 1 ? matches[0] : matches.at(-1)
      return step === 1 ? matches.find((sequence) => sequence > from) : matches.findLast((sequence) => sequence < from)
    },
  }
}
