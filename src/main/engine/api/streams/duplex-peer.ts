import type { Duplex, Readable, Writable } from 'node:stream'
import { stdcopyHeader } from './stdcopy.ts'

/** The client's end of a hijacked connection, as the containers service carries stdio. */
export interface DuplexPeer {
  input: AsyncIterable<Uint8Array>
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>
  /** Bytes as they are. */
  writeRaw(bytes: Uint8Array): Promise<void>
  signal: AbortSignal
  /** Says goodbye: what was written is delivered, then the connection ends. */
  end(): void
}

/** A client that does not close its half after ours gets this long, in milliseconds. */
const LINGER = 10_000

export function createDuplexPeer(duplex: Duplex, options: { framed: boolean; stdin: boolean }): DuplexPeer {
  const gone = new AbortController()
  duplex.on('error', () => gone.abort())
  duplex.on('close', () => gone.abort())
  // A socket that is not read does not tell when it closes.
  if (!options.stdin) duplex.resume()
  const writeRaw = (bytes: Uint8Array) => writeTo(duplex, bytes)
  return {
    input: (duplex as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
    writeRaw,
    write(stream, bytes) {
      if (!options.framed) return writeRaw(bytes)
      duplex.cork()
      duplex.write(stdcopyHeader(stream, bytes.length))
      const written = writeTo(duplex, bytes)
      duplex.uncork()
      return written
    },
    signal: gone.signal,
    end() {
      duplex.end()
      if (duplex.destroyed) return
      duplex.resume()
      const timer = setTimeout(() => duplex.destroy(), LINGER)
      duplex.once('close', () => clearTimeout(timer))
    },
  }
}

const waiting = new WeakMap<Writable, Promise<void>>()

/** Resolves when the stream wants more, or will never. */
export function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return Promise.resolve()
  const known = waiting.get(stream)
  if (known) return known
  const drained = new Promise<void>((resolve) => {
    const settle = () => {
      stream.off('drain', settle)
      stream.off('close', settle)
      waiting.delete(stream)
      resolve()
    }
    stream.on('drain', settle)
    stream.on('close', settle)
  })
  waiting.set(stream, drained)
  return drained
}
