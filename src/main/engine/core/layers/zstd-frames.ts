import { Duplex, Transform, type TransformCallback } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'

/**
 * Decompresses all frames of a zstd stream, and skips those that are to be skipped (RFC 8878, 3.1): parallel compressors write several, zstd:chunked one for each file. Node's own
 * ends with the first, unless the next one comes in a piece of its own.
 */
export function createZstdFrames(chunkSize: number): Duplex {
  const cutter = new FrameCutter()
  return Duplex.from({ writable: cutter, readable: cutter.pipe(createZstdDecompress({ chunkSize })) })
}

class FrameCutter extends Transform {
  readonly #ends = frameEnds()
  #missing = this.#ends.next().value

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let from = 0
    for (let at = 0; at < chunk.length && this.#missing; ) {
      const taken = chunk.subarray(at, at + this.#missing.length)
      at += taken.length
      this.#missing = this.#ends.next(taken).value
      if (!this.#missing?.starts) continue
      this.push(chunk.subarray(from, at))
      from = at
    }
    if (from < chunk.length) this.push(chunk.subarray(from))
    done()
  }
}

/** How many bytes come next, and whether a frame starts with them. */
interface Wanted {
  length: number
  starts?: true
}

const MAGIC = 0xfd2fb528
const SKIPPED_MAGIC = 0x184d2a50
const DICTIONARY_BYTES = [0, 1, 2, 4]
const SIZE_BYTES = [0, 2, 4, 8]
const RUN = 1

/** Reads the lengths of frames and blocks, not what is in them. What is no frame is left to the decompressor, which says so. */
function* frameEnds(): Generator<Wanted, undefined, Buffer> {
  for (;;) {
    const magic = (yield* bytes(4, true)).readUInt32LE()
    if ((magic & 0xfffffff0) >>> 0 === SKIPPED_MAGIC) yield* skipped((yield* bytes(4)).readUInt32LE())
    else if (magic === MAGIC) yield* frame((yield* bytes(1))[0]!)
    else return undefined
  }
}

function* frame(descriptor: number): Generator<Wanted, void, Buffer> {
  const isSingle = (descriptor & 0x20) !== 0
  const size = SIZE_BYTES[descriptor >> 6]!
  yield* skipped((isSingle ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3]! + (size === 0 && isSingle ? 1 : size))
  for (let isLast = false; !isLast; ) {
    const header = (yield* bytes(3)).readUIntLE(0, 3)
    isLast = (header & 1) === 1
    yield* skipped(((header >> 1) & 3) === RUN ? 1 : header >> 3)
  }
  if (descriptor & 4) yield* skipped(4)
}

/** A few bytes, in whatever pieces they come. */
function* bytes(length: number, starts?: true): Generator<Wanted, Buffer, Buffer> {
  let found = yield { length, ...(starts && { starts }) }
  while (found.length < length) found = Buffer.concat([found, yield { length: length - found.length }])
  return found
}

function* skipped(length: number): Generator<Wanted, void, Buffer> {
  for (let left = length; left > 0; ) left -= (yield { length: left }).length
}
