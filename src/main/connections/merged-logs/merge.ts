import type { MergedLine } from '#shared/contract/logs.ts'
import type { LogLine } from '#shared/contract/streams.ts'

/** What one source still has of what was there when it was opened. */
export interface Supply {
  /** The next lines, in order of time, or undefined at the end. */
  next(): Promise<LogLine[] | undefined>
}

/** Lines of one batch of the merge. */
const batch = 2_000

interface Head {
  source: number
  supply: Supply
  lines: LogLine[]
  at: number
}

/**
 * Several logs, each in order of time, as one. Nothing is asked of a source while it has lines left, so that memory holds one batch of
 * each. Lines of the same time come in the order of sources. A line that is earlier than the one before it in its own log (the clock was
 * set back) stays behind that one.
 */
export async function* mergeHistory(supplies: readonly Supply[]): AsyncGenerator<MergedLine[]> {
  let heads = supplies.map((supply, source): Head => ({ source, supply, lines: [], at: 0 }))
  heads = await refill(heads)
  let out: MergedLine[] = []
  while (heads.length > 0) {
    const [first, limit] = earliest(heads)
    for (;;) {
      const line = first.lines[first.at]
      if (!line || !mayGo(line.at, limit, first.source)) break
      out.push({ ...line, source: first.source })
      first.at++
    }
    if (out.length >= batch) {
      yield out
      out = []
    }
    if (first.at >= first.lines.length) heads = await refill(heads)
  }
  if (out.length > 0) yield out
}

interface Limit {
  at: string
  source: number
}
const mayGo = (at: string, limit: Limit | undefined, source: number) => limit === undefined || at < limit.at || (at === limit.at && source < limit.source)

/** The head that goes first, and the one after it: lines go as long as they are before that. */
function earliest(heads: readonly Head[]): [Head, Limit | undefined] {
  let first = heads[0]!
  let second: Limit | undefined
  for (const head of heads.slice(1)) {
    const limit = { at: timeOf(head), source: head.source }
    if (mayGo(limit.at, { at: timeOf(first), source: first.source }, head.source)) {
      second = { at: timeOf(first), source: first.source }
      first = head
    } else if (!second || mayGo(limit.at, second, head.source)) second = limit
  }
  return [first, second]
}
const timeOf = (head: Head) => head.lines[head.at]?.at ?? ''

/** All that have run out at once; those at their end leave. */
async function refill(heads: Head[]): Promise<Head[]> {
  const filled = await Promise.all(
    heads.map(async (head) => {
      if (head.at < head.lines.length) return head
      const lines = await nextLines(head.supply)
      return lines && { ...head, lines, at: 0 }
    }),
  )
  return filled.filter((head) => head !== undefined)
}

async function nextLines(supply: Supply): Promise<LogLine[] | undefined> {
  for (;;) {
    const lines = await supply.next()
    if (lines === undefined || lines.length > 0) return lines
  }
}
