import type { IncomingMessage } from 'node:http'
import type { LogLine, LogsMessage, LogsRequest } from '#shared/contract/streams.ts'
import { isEngineError } from '#shared/errors.ts'
import type { Connection } from './connection.ts'
import type { EngineApi } from './engine-api.ts'
import { untilBack } from './until-back.ts'
import { createPlace, type Place } from './log-place.ts'
import type { WireContainerDetail } from './wire/container.ts'
import { fromWire } from './wire/error.ts'
import { createLineReader } from './wire/log-lines.ts'
import { demultiplex, undivided } from './wire/stdcopy.ts'

/** Lines of one message; a page shows nothing of a batch before all of it has come. */
const batch = 2_000

/**
 * Old lines first, then new ones as they come. Each question continues at the place that the last one reached, so that neither the
 * change from old to new nor the engine's restart loses or repeats a line.
 */
export async function* readLogs(connection: Connection, request: LogsRequest, signal: AbortSignal): AsyncGenerator<LogsMessage> {
  const place = createPlace(request)
  let isCaughtUp = false
  for (;;) {
    try {
      if (!isCaughtUp) {
        yield* part(connection.api, request.id, { ...place.query(), follow: false }, place, signal)
        isCaughtUp = true
        yield { kind: 'caught-up' }
      }
      if (!request.follow) return
      yield* part(connection.api, request.id, { ...place.query(), follow: true }, place, signal)
      if (!(await isRunning(connection.api, request.id, signal))) return
    } catch (error) {
      if (!request.follow || !isEngineError(error, 'unavailable') || signal.aborted) throw error
      yield { kind: 'interrupted' }
      await untilBack(connection, signal)
      yield { kind: 'resumed' }
    }
  }
}

async function* part(api: EngineApi, id: string, query: LogQuery, place: Place, signal: AbortSignal): AsyncGenerator<LogsMessage> {
  for await (const batch of readLines(api, id, query, signal)) {
    const lines = place.take(batch)
    if (lines.length > 0) yield { kind: 'lines', lines }
  }
}

export type LogQuery = Record<string, string | number | boolean>

/** A task of a cluster, wherever it runs, is named by this before its id. */
export const taskPrefix = 'task:'
const isTask = (id: string) => id.startsWith(taskPrefix)
const pathOf = (id: string) => (isTask(id) ? `/tasks/${id.slice(taskPrefix.length)}` : `/containers/${id}`)

/** One answer of GET /containers/{id}/logs, as lines. */
export async function* readLines(api: EngineApi, id: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine[]> {
  const stream = await api.stream('GET', `${pathOf(id)}/logs`, { query: { stdout: true, stderr: true, timestamps: true, ...query }, signal })
  const pieces = (await isMultiplexed(api, id, stream, signal)) ? demultiplex(stream) : undivided(stream)
  const reader = createLineReader()
  try {
    let lines: LogLine[] = []
    for await (const chunks of pieces) {
      for (const chunk of chunks) for (const line of reader.read(chunk)) lines.push(line)
      if (lines.length < batch && stream.readableLength > 0) continue
      if (lines.length > 0) yield lines
      lines = []
    }
    const rest = [...lines, ...reader.end()]
    if (rest.length > 0) yield rest
  } catch (error) {
    throw fromWire(error)
  } finally {
    stream.destroy()
  }
}

/** API 1.42 and later say so in the type of the answer; before, a terminal's output is the one that is not. */
async function isMultiplexed(api: EngineApi, id: string, stream: IncomingMessage, signal: AbortSignal): Promise<boolean> {
  const type = stream.headers['content-type']
  if (type === 'application/vnd.docker.multiplexed-stream') return true
  if (isTask(id)) return type !== 'application/vnd.docker.raw-stream'
  const { Config } = await api.json<WireContainerDetail>('GET', `/containers/${id}/json`, { signal })
  return !Config.Tty
}

async function isRunning(api: EngineApi, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    if (isTask(id)) return isTaskAlive(await api.json<WireTaskState>('GET', pathOf(id), { signal }))
    const { State } = await api.json<WireContainerDetail>('GET', `/containers/${id}/json`, { signal })
    return State.Status === 'running' || State.Status === 'paused' || State.Status === 'restarting'
  } catch (error) {
    if (isEngineError(error, 'not-found')) return false
    throw error
  }
}

interface WireTaskState {
  DesiredState: string
  Status: { State: string }
}
const isTaskAlive = ({ DesiredState, Status }: WireTaskState) => DesiredState === 'running' && ['assigned', 'accepted', 'preparing', 'ready', 'starting', 'running'].includes(Status.State)
