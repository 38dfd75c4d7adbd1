import { finished, type Readable } from 'node:stream'
import { release } from './release.ts'

/** Bytes that wait for the reader before the stream is told to. */
const AHEAD = 2 ** 20

export interface ReadOptions {
  /** Leaves the stream open when the reader stops early. */
  keepOpen?: boolean
  /** Whoever wrote the chunks keeps none of them, nor does who reads: they are released as the next are asked for. */
  own?: boolean
}

/**
 * The chunks of a stream as they come, in each turn all that wait. A stream's own iterator puts what waits into one new buffer, and read() with it: for hundreds of megabytes the copies, their fresh
 * memory and its collection cost more than all else.
 */
export async function* batchesOf(stream: Readable, { keepOpen = false, own = false }: ReadOptions = {}): AsyncGenerator<Buffer[]> {
  let waiting: Buffer[] = []
  let bytes = 0
  let over: { error?: Error } | undefined
  let wake = () => {}
  const take = (chunk: Buffer) => {
    waiting.push(chunk)
    if ((bytes += chunk.length) >= AHEAD) stream.pause()
    wake()
  }
  const forget = finished(stream, { writable: false }, (error) => {
    over = error ? { error } : {}
    wake()
  })
  stream.on('data', take)
  try {
    for (;;) {
      const batch = waiting
      ;[waiting, bytes] = [[], 0]
      if (batch.length > 0) yield batch
      if (own) batch.forEach(release)
      if (waiting.length > 0) continue
      if (over?.error) throw over.error
      if (over) return
      const more = new Promise<void>((resolve) => (wake = resolve))
      stream.resume()
      await more
    }
  } finally {
    stream.off('data', take)
    forget()
    if (keepOpen) stream.pause()
    else stream.destroy()
  }
}

/** The same, one at a time. */
export async function* chunksOf(stream: Readable, options?: ReadOptions): AsyncGenerator<Buffer> {
  for await (const batch of batchesOf(stream, options)) yield* batch
}

/** One at a time, for who still sends one as it asks for the next: each is released once the next but one is asked for. The stream's chunks must be its own. */
export async function* chunksToSend(stream: Readable): AsyncGenerator<Buffer> {
  let sent: Buffer | undefined
  for await (const chunk of chunksOf(stream)) {
    yield chunk
    if (sent) release(sent)
    sent = chunk
  }
}
