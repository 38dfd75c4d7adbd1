import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { LogPage, LogPageRequest, MergedLine } from '#shared/contract/logs.ts'
import type { LogLine } from '#shared/contract/streams.ts'
import { isEngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { EngineApi } from '../engine-api.ts'
import { toSince } from '../log-place.ts'
import { readLines } from '../logs.ts'
import type { Operation } from '../operation.ts'
import { mergeHistory, type Supply } from './merge.ts'

/** What left the page's memory, or never was in it, read again from the engine. */
export function logsOf({ api, hostFacts }: Pick<Connection, 'api' | 'hostFacts'>): Implementation<Contract, Operation>['logs'] {
  // Our engine counts `tail` back from `until`; Docker counts it from the end of the log, where nothing may be left of it before `until`.
  const readBack = hostFacts ? readLast : readLastByWindows
  return {
    older: (request, { signal }) => older(request, (id) => readBack(api, id, request, signal)),
    newer: (request, { signal }) => newer(api, request, signal),
  }
}

async function older({ containers, limit }: LogPageRequest, read: (id: string) => Promise<Tail>): Promise<LogPage> {
  const tails = await Promise.all(containers.map(read))
  const lines = await collect(tails.map((tail) => supplyOf(tail.lines)), Infinity)
  return { lines: lines.slice(-limit), complete: lines.length <= limit && tails.every(({ complete }) => complete) }
}

async function newer(api: EngineApi, { containers, at, limit, until }: LogPageRequest, signal: AbortSignal): Promise<LogPage> {
  const closing = new AbortController()
  try {
    const query = { follow: false, tail: 'all', since: toSince(at), ...(until !== undefined && { until: until / 1000 }) }
    const supplies = containers.map((id) => supplyFrom(readLines(api, id, query, AbortSignal.any([signal, closing.signal]))))
    // One more than wanted tells whether there are more.
    const lines = await collect(supplies, limit + 1)
    return { lines: lines.slice(0, limit), complete: lines.length <= limit }
  } finally {
    closing.abort()
  }
}

interface Tail {
  lines: LogLine[]
  /** It begins where the log does. */
  complete: boolean
}

const bounds = ({ at, since }: LogPageRequest) => ({ until: toSince(at), ...(since !== undefined && { since: since / 1000 }) })

async function readLast(api: EngineApi, id: string, request: LogPageRequest, signal: AbortSignal): Promise<Tail> {
  const lines = await readAll(api, id, { ...bounds(request), follow: false, tail: request.limit }, request.limit, signal)
  return { lines, complete: lines.length < request.limit }
}

const firstWindow = 60_000
const growth = 16

/** Ever longer windows of time back from the moment, until there are lines enough or there is no more time. */
async function readLastByWindows(api: EngineApi, id: string, request: LogPageRequest, signal: AbortSignal): Promise<Tail> {
  const end = Date.parse(request.at)
  for (let length = firstWindow; ; length *= growth) {
    const from = Math.max(end - length, request.since ?? 0)
    const lines = await readAll(api, id, { until: toSince(request.at), since: from / 1000, follow: false, tail: 'all' }, request.limit, signal)
    const atStart = from <= (request.since ?? 0)
    if (lines.length >= request.limit || atStart) return { lines, complete: atStart && lines.length < request.limit }
  }
}

/** The last `limit` lines of an answer; what comes before them is let go on the way. A container that is gone has none. */
async function readAll(api: EngineApi, id: string, query: Record<string, string | number | boolean>, limit: number, signal: AbortSignal): Promise<LogLine[]> {
  let kept: LogLine[] = []
  try {
    for await (const lines of readLines(api, id, query, signal)) {
      kept.push(...lines)
      if (kept.length > limit * 4) kept = kept.slice(-limit)
    }
  } catch (error) {
    if (!isEngineError(error, 'not-found') && !isEngineError(error, 'not-implemented')) throw error
  }
  return kept.slice(-limit)
}

function supplyOf(lines: LogLine[]): Supply {
  const rest = [lines]
  return { next: async () => rest.shift() }
}
function supplyFrom(lines: AsyncGenerator<LogLine[]>): Supply {
  return {
    async next() {
      try {
        const { value, done } = await lines.next()
        return done ? undefined : value
      } catch (error) {
        if (isEngineError(error, 'not-found') || isEngineError(error, 'not-implemented')) return undefined
        throw error
      }
    },
  }
}

async function collect(supplies: readonly Supply[], limit: number): Promise<MergedLine[]> {
  const all: MergedLine[] = []
  for await (const lines of mergeHistory(supplies)) {
    all.push(...lines)
    if (all.length >= limit) break
  }
  return all.slice(0, limit)
}
