import { createHash, type Hash } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { ContentWriter } from './content-store.ts'
import { mismatch } from './verified-stream.ts'

/**
 * Blobs up to this size (manifests, configs) are flushed to the disk before they become visible. Layers are not: that would cost more
 * than fetching them, a torn one is found out whenever it is read, and it can be fetched again.
 */
const FLUSH_UP_TO = 1024 * 1024

export interface IngestOptions {
  /** Can be taken up when it is let go of. */
  keep: boolean
  /** Where the blob belongs. */
  placeOf(digest: Digest): string
  closed(): void
}

/** Opens the ingest file at `path` and takes up what an earlier attempt left there. */
export async function openIngest(path: string, expected: Descriptor | undefined, options: IngestOptions): Promise<ContentWriter> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { hash, size } = await hashSoFar(file, expected?.size ?? Infinity)
    return new IngestFile(path, file, expected, options, { hash, size })
  } catch (error) {
    await file.close()
    throw error
  }
}

async function hashSoFar(file: FileHandle, limit: number): Promise<{ hash: Hash; size: number }> {
  const hash = createHash('sha256')
  const { size } = await file.stat()
  if (size > limit) {
    await file.truncate(0)
    return { hash, size: 0 }
  }
  const buffer = Buffer.allocUnsafe(Math.min(size, 1 << 20))
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  return { hash, size }
}

/** What is left of the chunks once so many bytes of them are written. */
function behind(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.length > left) return [chunk.subarray(left), ...chunks.slice(index + 1)]
    left -= chunk.length
  }
  return []
}

class IngestFile implements ContentWriter {
  #hash: Hash
  #size: number
  #open = true
  readonly #start: number
  readonly #path: string
  readonly #file: FileHandle
  readonly #expected: Descriptor | undefined
  readonly #options: IngestOptions

  constructor(path: string, file: FileHandle, expected: Descriptor | undefined, options: IngestOptions, { hash, size }: { hash: Hash; size: number }) {
    this.#path = path
    this.#file = file
    this.#expected = expected
    this.#options = options
    this.#hash = hash
    this.#size = size
    this.#start = size
  }

  get offset() {
    return this.#start
  }

  async write(...chunks: Uint8Array[]) {
    const size = chunks.reduce((sum, { length }) => sum + length, this.#size)
    if (this.#expected && size > this.#expected.size) throw mismatch(this.#expected, `more than ${this.#expected.size} bytes`)
    for (const chunk of chunks) this.#hash.update(chunk)
    try {
      for (let left: readonly Uint8Array[] = chunks; left.length > 0; ) left = behind(left, (await this.#file.writev(left)).bytesWritten)
    } catch (error) {
      // The hash has run ahead of the file; only the file counts when this is taken up again.
      throw fromSystemError(error, 'cannot write to the content store')
    }
    this.#size = size
  }

  async truncate() {
    await this.#file.truncate(0)
    this.#hash = createHash('sha256')
    this.#size = 0
  }

  async commit(hold?: (digest: Digest) => void) {
    const digest = `sha256:${this.#hash.digest('hex')}` as Digest
    if (this.#expected && (digest !== this.#expected.digest || this.#size !== this.#expected.size)) {
      await this.abort()
      throw mismatch(this.#expected, digest === this.#expected.digest ? `${this.#size} bytes instead of ${this.#expected.size}` : `digest ${digest}`)
    }
    if (this.#size <= FLUSH_UP_TO) await this.#file.sync()
    hold?.(digest)
    await rename(this.#path, this.#options.placeOf(digest))
    await this.#close()
    return { digest, size: this.#size }
  }

  async abort() {
    try {
      await rm(this.#path, { force: true })
    } finally {
      await this.#close()
    }
  }

  /** What can be taken up stays. */
  async [Symbol.asyncDispose]() {
    if (!this.#open) return
    if (this.#options.keep) await this.#close()
    else await this.abort()
  }

  async #close() {
    if (!this.#open) return
    this.#open = false
    await this.#file.close()
    this.#options.closed()
  }
}
