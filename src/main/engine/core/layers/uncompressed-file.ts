import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { EngineError, messageOf } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import { damaged, decompressor, detectCompression } from './decompress.ts'

const READ = 256 * 1024

/** The bytes of a layer's file in pieces, uncompressed when it is gzip or zstd; `onRead` hears how much of the file has been read. */
export async function* uncompressedFile(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const compression = detectCompression(headOf(path))
  if (compression === 'xz' || compression === 'bzip2') throw new EngineError('invalid-argument', `layers compressed with ${compression} are not part of any image format`, { reason: 'unknown-compression' })
  let read = 0
  if (compression === 'none') {
    for (const piece of piecesOf(path)) {
      onRead((read += piece.length))
      yield piece
    }
    return
  }
  const through = decompressor(compression)
  const file = createReadStream(path, { highWaterMark: READ })
  file.on('data', (chunk) => onRead((read += chunk.length)))
  file.on('error', (error) => through.destroy(error))
  try {
    yield* file.pipe(through) as AsyncIterable<Buffer>
  } catch (error) {
    throw isCompressionError(error) ? damaged(messageOf(error), error) : error
  } finally {
    file.destroy()
  }
}

function* piecesOf(path: string): Generator<Buffer> {
  const descriptor = openSync(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(READ)
      const length = readSync(descriptor, piece)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** zlib's own codes start with Z_ or ZSTD_. */
const isCompressionError = (error: unknown): boolean => error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_)/.test(String(error.code)) && errnoOf(error) === undefined

function headOf(path: string): Buffer {
  const head = Buffer.alloc(6)
  const descriptor = openSync(path, 'r')
  try {
    return head.subarray(0, readSync(descriptor, head, 0, 6, 0))
  } finally {
    closeSync(descriptor)
  }
}
