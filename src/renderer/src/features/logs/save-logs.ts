import type { MergedLogsRequest } from '#shared/contract/logs.ts'
import type { CallOptions, EngineProxy } from '../../engine/proxy.ts'
import { EngineError } from '#shared/errors.ts'
import { entryOf, type LogEntry } from './log-buffer.ts'

export interface SavedShape {
  times: boolean
  names: boolean
  readable: boolean
  accepts: ((entry: Pick<LogEntry, 'level' | 'plain'>) => boolean) | undefined
}

/** One line as it is copied and saved. */
export const written = ({ at, plain }: Pick<LogEntry, 'at' | 'plain'>, name: string, { times, names }: Pick<SavedShape, 'times' | 'names'>): string => `${times ? `${at} ` : ''}${names ? `${name} | ` : ''}${plain}`

/** Reads all that the engine has of the logs, not only what is on screen, as the parts of a file. */
export function collectLogs(engine: Pick<EngineProxy, 'openStream'>, request: Omit<MergedLogsRequest, 'follow' | 'tail'>, shape: SavedShape, { signal }: Pick<CallOptions, 'signal'>): Promise<Blob> {
  const names: string[] = []
  const parts: Blob[] = []
  const { promise, resolve, reject } = Promise.withResolvers<Blob>()
  const stream = engine.openStream(
    'logs.merged',
    { ...request, follow: false },
    {
      onMessage(message) {
        if (message.kind === 'sources') names.push(...message.sources.map(({ name }) => name))
        if (message.kind !== 'lines') return
        const entries = message.lines.map((line) => entryOf(line, 0, shape.readable))
        const wanted = shape.accepts ? entries.filter(shape.accepts) : entries
        // A blob lives outside of the page's memory.
        parts.push(new Blob(wanted.map((entry) => `${written(entry, names[entry.source] ?? '', shape)}\n`)))
      },
      onEnd: (error) => (error ? reject(error) : resolve(new Blob(parts))),
    },
  )
  signal?.addEventListener('abort', () => {
    stream.close()
    reject(new EngineError('cancelled', 'Cancelled.'))
  })
  return promise
}
