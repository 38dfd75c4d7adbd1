import { randomUUID } from 'node:crypto'
import { EngineError, messageOf } from '#shared/errors.ts'
import { parseDigest, type Digest } from '#shared/oci/digest.ts'
import type { ContentWriter } from '../../../core/content/content-store.ts'
import { createTurns } from '../../../core/content/turns.ts'
import { mismatch } from '../../../core/content/verified-stream.ts'
import type { Collection } from '../../../core/metadata/metadata-store.ts'
import type { Service } from '../service.ts'
import type { PushedBlobs } from './pushed-blobs.ts'
import { parseRepository } from './repository-name.ts'

/** An upload that nobody goes on with is dropped after this long. */
const IDLE = 3600_000
/** Of all clients; each that has begun has a file open. */
const AT_ONCE = 1000

/**
 * Blobs on their way here. An upload takes bytes in order, in as many requests as the client likes; a cut one is gone on with where it
 * ended, also by the next engine. Nothing of it is visible before `finish` has verified the digest.
 */
export interface Uploads extends AsyncDisposable {
  /** Gives the upload's id. @throws resource-exhausted (too-many-uploads) */
  start(repository: string): string
  /** Bytes so far. @throws not-found (no-such-upload) */
  offset(repository: string, id: string): Promise<number>
  /** `from` is where the client thinks the upload is. What came before a cut stays. Gives the bytes so far. @throws failed-precondition (out-of-order) */
  append(repository: string, id: string, body: AsyncIterable<Uint8Array>, from?: number): Promise<number>
  /** @throws data-loss (digest-mismatch), and the upload is gone. */
  finish(repository: string, id: string, digest: string): Promise<Digest>
  cancel(repository: string, id: string): Promise<void>
}

interface Upload {
  id: string
  repository: string
}
interface Open {
  writer: ContentWriter
  size: number
}

export const createUploads = (service: Service, pushed: PushedBlobs, idle = IDLE): Uploads => new UploadTable(service, pushed, idle)

class UploadTable implements Uploads {
  readonly #service: Service
  readonly #pushed: PushedBlobs
  readonly #idle: number
  readonly #records: Collection<Upload>
  readonly #turns = createTurns()
  /** From the first request to the last; after a restart the file is taken up. */
  readonly #open = new Map<string, Open>()
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(service: Service, pushed: PushedBlobs, idle: number) {
    this.#service = service
    this.#pushed = pushed
    this.#idle = idle
    this.#records = service.metadata.collection<Upload>('uploads')
    for (const { id } of this.#records.list()) this.#touch(id)
  }

  start(repository: string) {
    const { local } = parseRepository(repository)
    if (this.#records.size >= AT_ONCE) throw new EngineError('resource-exhausted', `${AT_ONCE} uploads are under way`, { reason: 'too-many-uploads', hint: 'Wait until some of them are finished.' })
    const id = randomUUID()
    this.#records.put(id, { id, repository: local })
    this.#touch(id)
    return id
  }

  offset(repository: string, id: string) {
    return this.#inTurn(repository, id, async () => (await this.#opened(id)).size)
  }

  append(repository: string, id: string, body: AsyncIterable<Uint8Array>, from?: number) {
    return this.#inTurn(repository, id, async () => {
      this.#touch(id)
      const upload = await this.#opened(id)
      if (from !== undefined && from !== upload.size) throw new EngineError('failed-precondition', `the upload is at byte ${upload.size}, and not at ${from}`, { reason: 'out-of-order', hint: 'Go on where it is.' })
      const closed = () => this.#open.delete(id)
      await receive(upload, body, { progressed: () => this.#touch(id), closed })
      return upload.size
    })
  }

  finish(repository: string, id: string, text: string) {
    return this.#inTurn(repository, id, async () => {
      const digest = parseDigest(text)
      const { writer } = await this.#opened(id)
      try {
        await writer.commit((found) => {
          if (found !== digest) throw mismatch({ digest }, `digest ${found}`)
          this.#pushed.hold(digest)
        })
      } catch (error) {
        await writer.abort()
        throw error
      } finally {
        this.#forget(id)
      }
      return digest
    })
  }

  cancel(repository: string, id: string) {
    return this.#inTurn(repository, id, async () => {
      const { writer } = await this.#opened(id)
      await writer.abort()
      this.#forget(id)
    })
  }

  async [Symbol.asyncDispose]() {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    await Promise.all([...this.#open.values()].map(({ writer }) => writer[Symbol.asyncDispose]()))
    this.#open.clear()
  }

  /** One request of an upload after the other; each finds it still there, or not. */
  async #inTurn<Result>(repository: string, id: string, work: () => Promise<Result>): Promise<Result> {
    this.#assertThere(repository, id)
    const release = await this.#turns.take(id)
    try {
      this.#assertThere(repository, id)
      return await work()
    } finally {
      release()
    }
  }

  #assertThere(repository: string, id: string) {
    if (this.#records.find(id)?.repository !== parseRepository(repository).local) throw new EngineError('not-found', 'no such upload', { reason: 'no-such-upload', hint: 'It was finished or given up; start again.' })
  }

  async #opened(id: string): Promise<Open> {
    const found = this.#open.get(id)
    if (found) return found
    const writer = await this.#service.content.namedWriter(id)
    const made = { writer, size: writer.offset }
    this.#open.set(id, made)
    return made
  }

  #touch(id: string) {
    const timer = this.#timers.get(id)
    if (timer) timer.refresh()
    else this.#timers.set(id, setTimeout(() => this.#expire(id), this.#idle).unref())
  }

  #expire(id: string) {
    const repository = this.#records.find(id)?.repository
    if (repository !== undefined) this.cancel(repository, id).catch((error: unknown) => process.emitWarning(`upload ${id} could not be given up: ${messageOf(error)}`))
  }

  #forget(id: string) {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    this.#open.delete(id)
    this.#records.delete(id)
  }
}

/** A chunk is written before the next is asked for. After a write that failed only the file counts: the writer is closed, and opened again by who goes on. */
async function receive(upload: Open, body: AsyncIterable<Uint8Array>, { progressed, closed }: { progressed: () => void; closed: () => void }): Promise<void> {
  for await (const chunk of body) {
    try {
      await upload.writer.write(chunk)
    } catch (error) {
      closed()
      await upload.writer[Symbol.asyncDispose]()
      throw error
    }
    upload.size += chunk.length
    progressed()
  }
}
