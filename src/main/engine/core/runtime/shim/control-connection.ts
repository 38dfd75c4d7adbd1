import type { Socket } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import { encodeFrame, FrameDecoder, type ShimEvent, type ShimRequest } from '../shim-frames.ts'

/** How a connection ended: what the shim said last, or nothing, when it was lost before it could. */
export type ShimEnding = Extract<ShimEvent, { type: 'exit' | 'start-failed' }> | undefined

/**
 * The one connection kept for a process's life. It carries SUBSCRIBE, START, SIGNAL and RESIZE, and its end means that the
 * shim has finished, and the runtime forgotten the container.
 */
export interface ControlConnection {
  readonly pid: number | undefined
  /** Resolves when the shim has served it. @throws failed-precondition with the shim's words when it refused, or is gone. */
  request(request: ShimRequest): Promise<void>
  readonly started: Promise<number>
  readonly ended: Promise<ShimEnding>
  /** Leaves. Before START that ends the shim. `ended` stays open. */
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
  const pending: Pending[] = []
  let pid: number | undefined
  let ending: ShimEnding
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
        ending = event
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

  socket.on('data', (chunk) => decoder.push(chunk).forEach(take))
  socket.on('error', () => {}) /* close follows */
  socket.on('close', () => {
    for (const request of pending.splice(0)) settle(request, 'the process has ended')
    if (!left) ended.resolve(ending)
  })
  return {
    get pid() {
      return pid
    },
    started: started.promise,
    ended: ended.promise,
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

function settle(request: Pending | undefined, refusal: string | undefined): void {
  if (refusal === undefined) request?.resolve()
  else request?.reject(new EngineError('failed-precondition', refusal, { reason: 'not-running' }))
}
