import type { LogLine, LogsRequest } from '#shared/contract/streams.ts'

/** How far the reading of a log has come. Several lines may bear the same time: it counts them, and asks from that time on, inclusive. */
export interface Place {
  /** What the next question asks for. */
  query(): Record<string, string | number>
  /** The lines that were not taken before. */
  take(lines: LogLine[]): LogLine[]
}

export function createPlace(request: LogsRequest): Place {
  let last = ''
  let seenThen = 0
  let toSkip = 0
  let asked = false

  function query(): Record<string, string | number> {
    const until: Record<string, number> = request.until === undefined ? {} : { until: request.until / 1000 }
    toSkip = seenThen
    if (last) return { ...until, tail: 'all', since: toSince(last) }
    const since: Record<string, number> = request.since === undefined ? {} : { since: request.since / 1000 }
    // A log that was empty when it was first asked for is wanted from its first line; one of which nothing was wanted, from here on.
    const tail = asked && request.tail !== 0 ? 'all' : (request.tail ?? 'all')
    asked = true
    return { ...until, ...since, tail }
  }

  function isNew(line: LogLine): boolean {
    if (line.at === last && toSkip > 0) {
      toSkip--
      return false
    }
    if (line.at === last) seenThen++
    else if (line.at > last) {
      last = line.at
      seenThen = 1
      toSkip = 0
    }
    return true
  }
  return { query, take: (lines) => lines.filter(isNew) }
}

/** `since` as Docker takes it: seconds, with nine digits after the point. */
export function toSince(at: string): string {
  const [, fraction = ''] = /\.(\d+)/.exec(at) ?? []
  return `${Math.floor(Date.parse(at) / 1000)}.${fraction.padEnd(9, '0').slice(0, 9)}`
}
