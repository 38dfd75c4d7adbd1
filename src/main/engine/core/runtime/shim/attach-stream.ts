import type { Socket } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import type { AttachStream } from '../runtime.ts'
import { encodeFrame, FrameDecoder, type ShimEvent } from '../shim-frames.ts'

/** Joins a process's stdio by a connection of its own. Resolves when the shim has confirmed: no later byte is missed. */
export async function openAttach(socket: Socket, streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<AttachStream> {
  const events = readEvents(socket)
  socket.on('error', () => {}) /* seen by the iterator where it matters */
  socket.write(encodeFrame({ type: 'attach', ...streams }))
  await attached(events)
  return {
    output: () => outputOf(events),
    async write(bytes) {
      if (!socket.writable) throw new EngineError('failed-precondition', 'stdin is closed', { reason: 'not-running' })
      await new Promise<void>((taken) => socket.write(encodeFrame({ type: 'stdin', bytes }), () => taken()))
    },
    end: () => void socket.end(),
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}

async function attached(events: AsyncIterator<ShimEvent>): Promise<void> {
  for (;;) {
    const { value: event, done } = await events.next()
    if (done) throw new EngineError('failed-precondition', 'the process has ended', { reason: 'not-running' })
    if (event.type === 'error') throw new EngineError('resource-exhausted', event.text, { reason: 'attach-refused' })
    if (event.type === 'attached') return
  }
}

/** Reads no further than it is asked to, so a slow reader makes the process wait. A shim that vanishes is an end, not an error: `exited` tells. */
async function* readEvents(socket: Socket): AsyncGenerator<ShimEvent, undefined> {
  const decoder = new FrameDecoder()
  try {
    for await (const chunk of socket) yield* decoder.push(chunk as Buffer)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
  return undefined
}

async function* outputOf(events: AsyncGenerator<ShimEvent>): AsyncGenerator<{ stream: 'stdout' | 'stderr'; bytes: Uint8Array }> {
  for await (const event of events) {
    if (event.type === 'output') yield { stream: event.stream, bytes: event.bytes }
  }
}
