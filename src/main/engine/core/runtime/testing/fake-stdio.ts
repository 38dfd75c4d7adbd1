import { EngineError } from '#shared/errors.ts'
import type { AttachStream } from '../runtime.ts'
import { createQueue, type ByteQueue } from './byte-queue.ts'

type Output = { stream: 'stdout' | 'stderr'; bytes: Uint8Array }
type Streams = { stdin: boolean; stdout: boolean; stderr: boolean }

/** What a scripted program reads and writes, and who is attached to it. */
export interface FakeStdio {
  readonly stdin: AsyncIterable<Uint8Array>
  write(stream: 'stdout' | 'stderr', text: string | Uint8Array): void
  attach(streams: Streams): AttachStream
  /** The process has ended. */
  close(): void
}

export const notRunning = () => new EngineError('failed-precondition', 'the process has ended', { reason: 'not-running' })

export function createFakeStdio({ tty, stdin }: { tty: boolean; stdin: 'none' | 'keep' | 'once' }): FakeStdio {
  const input = createQueue<Uint8Array>()
  const clients = new Set<{ streams: Streams; output: ByteQueue<Output> }>()
  let closed = false
  const endInput = () => {
    if (stdin === 'once' && !tty) input.end()
  }
  if (stdin === 'none') input.end()
  return {
    stdin: input.read(),
    write(stream, text) {
      const shown = tty ? 'stdout' : stream
      const bytes = typeof text === 'string' ? Buffer.from(text) : text
      for (const client of clients) if (client.streams[shown]) client.output.push({ stream: shown, bytes })
    },
    close() {
      closed = true
      for (const { output } of clients) output.end()
    },
    attach(streams) {
      const client = { streams, output: createQueue<Output>() }
      clients.add(client)
      return {
        output: () => client.output.read(),
        async write(bytes) {
          if (closed) throw notRunning()
          input.push(bytes)
        },
        end: endInput,
        async [Symbol.asyncDispose]() {
          if (clients.delete(client) && streams.stdin) endInput()
          client.output.end()
        },
      }
    },
  }
}
