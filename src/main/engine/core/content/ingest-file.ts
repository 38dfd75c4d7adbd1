import { createHash, type Hash } from 'node:crypto'
import { dirname } from 'node:path'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'
import { writeAll, type Disk, type DiskFile } from '#base/disk.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { ContentWriter } from './content-store.ts'
import { mismatch } from './verified-stream.ts'

/**
 * What can be had again and is larger than this (layers that are pulled or loaded) is not flushed to the disk before it becomes visible, for nobody should wait
 * for the disk: a power cut may leave it torn, which is found out whenever it is read (docs/decisions/0803-what-a-power-cut-leaves.md).
 */
export const FLUSH_UP_TO = 1024 * 1024

export interface IngestOptions {
  /** Can be taken up when it is let go of. */
  keep: boolean
  /** Whoever sends it may keep nothing of it. */
  flush: boolean
  /** Where the blob belongs. */
  placeOf(digest: Digest): string
  closed(): void
  disk: Disk
}

/** Opens the ingest file at `path` and takes up what an earlier attempt left there. */
export async function openIngest(path: string, expected: Descriptor | undefined, options: IngestOptions): Promise<ContentWriter> {
  const file = await options.disk.open(path, 'a+', 0o600)
  try {
    const { hash, size } = await hashSoFar(file, expected?.size ?? Infinity)
    return new IngestFile(path, file, expected, options, { hash, size })
  } catch (error) {
    await file.close()
    throw error
  }
}

async function hashSoFar(file: DiskFile, limit: number): Promise<{ hash: Hash; size: number }> {
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

class IngestFile implements ContentWriter {
  #hash: Hash
  #size: number
  #open = true
  readonly #start: number
  readonly #path: string
  readonly #file: DiskFile
  readonly #expected: Descriptor | undefined
  readonly #options: IngestOptions

  constructor(path: string, file: DiskFile, expected: Descriptor | undefined, options: IngestOptions, { hash, size }: { hash: Hash; size: number }) {
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
      await writeAll(this.#file, chunks)
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
    const flushed = this.#options.flush || this.#size <= FLUSH_UP_TO
    const place = this.#options.placeOf(digest)
    if (flushed) await this.#file.sync()
    hold?.(digest)
    await this.#options.disk.rename(this.#path, place)
    if (flushed) await this.#options.disk.syncFolder(dirname(place))
    await this.#close()
    return { digest, size: this.#size }
  }

  async abort() {
    try {
      await this.#options.disk.remove(this.#path)
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
