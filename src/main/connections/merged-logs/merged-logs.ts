/**
 * Several logs as one stream. What was there when it was opened is merged exactly, by time. What comes after that goes out as it comes,
 * held for a blink so that containers that write at once are in order. Containers that are chosen by project or by running join when
 * they appear; one that ended and is started again goes on; each of the readers bridges an engine's restart by itself (logs.ts).
 */
import type { LogSource, MergedLogsMessage, MergedLogsRequest } from '#shared/contract/logs.ts'
import type { LogLine, LogsMessage } from '#shared/contract/streams.ts'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import { readLogs } from '../logs.ts'
import { createLiveLines } from './live-lines.ts'
import { mergeHistory, type Supply } from './merge.ts'
import { joinTasks, tasksOfService } from './service-sources.ts'
import { chosenOf, isChosen, sourceOf } from './sources.ts'

interface Reader {
  source: LogSource
  index: number
  messages: AsyncIterator<LogsMessage>
  /** It can be read no further for now. */
  ended: boolean
  /** Time of the last line that was read. */
  last: string
}

export async function* readMergedLogs(connection: Connection, request: MergedLogsRequest, signal: AbortSignal): AsyncGenerator<MergedLogsMessage> {
  const closing = new AbortController()
  const whole = AbortSignal.any([signal, closing.signal])
  const { since, until, tail, follow } = request
  const live = createLiveLines()
  const open = (source: LogSource, index: number, from: { tail?: number; since?: number }): Reader => ({
    source,
    index,
    messages: readLogs(connection, { id: source.id, until, follow, ...from }, whole)[Symbol.asyncIterator](),
    ended: false,
    last: '',
  })
  const chosen = request.service === undefined ? chosenOf(connection.mirror.items().containers, request) : await tasksOfService(connection.api, request.service, signal)
  const readers = chosen.map((source, index) => open(source, index, { since, tail }))
  try {
    yield { kind: 'sources', sources: readers.map(({ source }) => source) }
    for await (const lines of mergeHistory(readers.map((reader) => historyOf(reader, live.tell)))) yield { kind: 'lines', lines }
    yield { kind: 'caught-up' }
    if (!follow) return yield* live.taken()
    for (const reader of readers) void pump(reader, live)
    using _joining = request.service === undefined ? joinLater(connection, request, readers, open, live) : joinTasks(connection.api, request.service, (source) => addReader(source, readers, open, live), whole)
    yield* live.take(whole)
  } finally {
    closing.abort(new EngineError('cancelled', 'Cancelled.'))
  }
}

type Live = ReturnType<typeof createLiveLines>

/** What a reader has until it has caught up. An unreadable log is told, and counts as empty. */
function historyOf(reader: Reader, tell: (message: MergedLogsMessage) => void): Supply {
  return {
    async next() {
      for (;;) {
        const message = await nextMessage(reader, tell)
        if (message === undefined || message.kind === 'caught-up') return undefined
        if (message.kind === 'lines') return noteLast(reader, message.lines)
      }
    },
  }
}

function noteLast(reader: Reader, lines: LogLine[]): LogLine[] {
  reader.last = lines.at(-1)?.at ?? reader.last
  return lines
}

async function nextMessage(reader: Reader, tell: (message: MergedLogsMessage) => void): Promise<LogsMessage | undefined> {
  if (reader.ended) return undefined
  try {
    const { value, done } = await reader.messages.next()
    if (!done) return value
  } catch (error) {
    if (!isEngineError(error, 'cancelled') && !isEngineError(error, 'not-found')) tell({ kind: 'unreadable', source: reader.index, message: messageOf(error) })
  }
  reader.ended = true
  return undefined
}

/** Carries one log on as it grows. A reader is asked for more only when there is room. */
async function pump(reader: Reader, live: Live, after = ''): Promise<void> {
  for (;;) {
    const message = await nextMessage(reader, live.tell)
    if (message === undefined) return
    if (message.kind === 'lines') await live.put(reader.index, noteLast(reader, after === '' ? message.lines : message.lines.filter(({ at }) => at > after)))
    else if (message.kind !== 'caught-up') live.tell(message)
  }
}

function addReader(source: LogSource, readers: Reader[], open: (source: LogSource, index: number, from: object) => Reader, live: Live): void {
  if (readers.some((each) => each.source.id === source.id)) return
  const reader = open(source, readers.length, {})
  readers.push(reader)
  live.tell({ kind: 'sources', sources: [reader.source] })
  void pump(reader, live)
}

/** New containers of the selection join with all they have written; known ones go on from where they ended. */
function joinLater(connection: Connection, request: MergedLogsRequest, readers: Reader[], open: (source: LogSource, index: number, from: { since?: number }) => Reader, live: Live): Disposable {
  const stop = connection.onEvent((event) => {
    if (event.type !== 'container.changed' || event.container.state.status !== 'running') return
    const { container } = event
    const known = readers.find(({ source }) => source.id === container.id)
    if (!known && isChosen(container, request)) {
      addReader(sourceOf(container), readers, open, live)
    } else if (known?.ended) {
      const since = known.last === '' ? undefined : Date.parse(known.last)
      Object.assign(known, { messages: open(known.source, known.index, { since }).messages, ended: false })
      void pump(known, live, known.last)
    }
  })
  return { [Symbol.dispose]: stop }
}
