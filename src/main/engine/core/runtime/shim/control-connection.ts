import type { Socket } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import { encodeFrame, FrameDecoder, type ShimEvent, type ShimRequest } from '../shim-frames.ts'

/** How it ended, in the shim's words; undefined when the shim was lost before it could say. */
export type ShimEnding = Extract<ShimEvent, { type: 'exit' | 'start-failed' }> | undefined

/**
 * The one connection kept for a process's life. It carries SUBSCRIBE, START, SIGNAL and RESIZE.
 */
export interface ControlConnection {
  readonly pid: number | undefined
  /** Resolves when the shim has served it. @throws failed-precondition with the shim's words when it refused, or is gone. */
  request(request: ShimRequest): Promise<void>
  readonly started: Promise<number>
  readonly ended: Promise<ShimEnding>
  /** The shim has finished: the runtime has forgotten the container, and its id can be used again. */
  readonly gone: Promise<void>
  /** Leaves. Before START that ends the shim. `ended` and `gone` stay open. */
  close(): void
}

interface Pending {
  promise: Promise<void>
  resolve(): void
  reject(error: Error): void
}

/**
 * A served request has no answer, a refused one has an ERROR, and requests of one connection are served in order. So each is followed
 * by an ATTACH to no stream: its ATTACHED tells that the request before it was served.
 */
const BARRIER = encodeFrame({ type: 'attach', stdin: false, stdout: false, stderr: false })

export function openControl(socket: Socket): ControlConnection {
  const decoder = new FrameDecoder()
  const started = Promise.withResolvers<number>()
  const ended = Promise.withResolvers<ShimEnding>()
  const gone = Promise.withResolvers<void>()
  const pending: Pending[] = []
  let pid: number | undefined
  let refusal: string | undefined
  let left = false

  function take(event: ShimEvent): void {
    switch (event.type) {
      case 'started':
        pid = event.pid
        started.resolve(event.pid)
        break
      case 'exit':
      case 'start-failed':
        ended.resolve(event)
        break
      case 'error':
        refusal = event.text
        break
      case 'attached':
        settle(pending.shift(), refusal)
        refusal = undefined
        break
    }
  }

  socket.on('data', (chunk) => framesIn(chunk, decoder, socket).forEach(take))
  socket.on('error', () => {}) /* close follows */
  socket.on('close', () => {
    for (const request of pending.splice(0)) settle(request, 'the process has ended')
    if (left) return
    ended.resolve(undefined)
    gone.resolve()
  })
  return {
    get pid() {
      return pid
    },
    started: started.promise,
    ended: ended.promise,
    gone: gone.promise,
    request(request) {
      const answer: Pending = Promise.withResolvers<void>()
      if (!socket.writable) {
        settle(answer, 'the process has ended')
      } else {
        pending.push(answer)
        socket.write(Buffer.concat([encodeFrame(request), BARRIER]))
      }
      return answer.promise
    },
    close() {
      left = true
      socket.destroy()
    },
  }
}

/** What no shim says ends the connection, as if the shim were lost. */
function framesIn(chunk: Buffer, decoder: FrameDecoder, socket: Socket): ShimEvent[] {
  try {
    return decoder.push(chunk)
  } catch {
    socket.destroy()
    return []
  }
}

function settle(request: Pending | undefined, refusal: string | undefined): void {
  if (refusal === undefined) request?.resolve()
  else request?.reject(new EngineError('failed-precondition', refusal, { reason: 'not-running' }))
}
