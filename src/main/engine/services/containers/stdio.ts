import type { AttachStream } from '../../core/runtime/runtime.ts'
import { createDetachFilter } from './detach-keys.ts'

/** A client's end of an attached process. */
export interface StdioPeer {
  /** What the client types or pipes in; its end is the end of stdin. Undefined: no stdin. */
  input: AsyncIterable<Uint8Array> | undefined
  /** Resolves when the bytes are taken: a slow client slows the process. */
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> | void
  /** Aborted when the client is gone. */
  signal: AbortSignal
}

/** Carries bytes both ways until the process has ended (`exited`), the client typed the detach keys (`detached`), or it is gone (`left`). */
export async function carryStdio(stream: AttachStream, peer: StdioPeer, detachKeys: readonly number[] | undefined): Promise<'exited' | 'detached' | 'left'> {
  const left = Promise.withResolvers<'left'>()
  const leave = () => left.resolve('left')
  if (peer.signal.aborted) leave()
  peer.signal.addEventListener('abort', leave, { once: true })
  try {
    const output = carryOutput(stream, peer)
    output.catch(() => {})
    const input = peer.input ? carryInput(stream, peer.input, detachKeys) : undefined
    return await Promise.race([output, left.promise, ...(input ? [untilDetached(input)] : [])])
  } catch (error) {
    if (peer.signal.aborted) return 'left'
    throw error
  } finally {
    peer.signal.removeEventListener('abort', leave)
    await stream[Symbol.asyncDispose]()
  }
}

async function carryOutput(stream: AttachStream, peer: StdioPeer): Promise<'exited'> {
  for await (const { stream: name, bytes } of stream.output()) await peer.write(name, bytes)
  return 'exited'
}

/** Ends quietly when the process takes no more. */
async function carryInput(stream: AttachStream, input: AsyncIterable<Uint8Array>, detachKeys: readonly number[] | undefined): Promise<boolean> {
  const filter = detachKeys && createDetachFilter(detachKeys)
  try {
    for await (const bytes of input) {
      const { pass, detached } = filter ? filter(bytes) : { pass: bytes, detached: false }
      if (pass.length > 0) await stream.write(pass)
      if (detached) return true
    }
    stream.end()
  } catch {
    // The client's connection broke, or the process has closed its stdin; both show elsewhere.
  }
  return false
}

/** Resolves on detach only. */
const untilDetached = (input: Promise<boolean>): Promise<'detached'> => new Promise((resolve) => void input.then((detached) => detached && resolve('detached')))
