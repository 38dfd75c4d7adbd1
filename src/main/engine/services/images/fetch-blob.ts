import { setTimeout as pause } from 'node:timers/promises'
import { isEngineError, EngineError, messageOf } from '#shared/errors.ts'
import { batchesOf } from '#base/batches.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import { createBackoff } from '#base/backoff.ts'
import type { ContentStore, ContentWriter } from '../../core/content/content-store.ts'
import type { Repository } from '../../core/registry/registry.ts'

/** Attempts that may bring nothing in a row before giving up. */
const FRUITLESS_LIMIT = 5

export interface BlobFetch {
  content: ContentStore
  repository: Repository
  descriptor: Descriptor
  signal: AbortSignal
  /** First pause in milliseconds after a cut. */
  retryDelay?: number
  onBytes?: (bytes: number) => void
}

/** Brings a blob into the content store, taking up what an earlier attempt left and going on after a cut. */
export async function fetchBlob(fetch: BlobFetch): Promise<void> {
  const { content, descriptor, signal } = fetch
  const backoff = createBackoff(fetch.retryDelay ?? 250, 5000)
  for (let fruitless = 0; ; ) {
    if (content.has(descriptor.digest)) return
    await using writer = await content.writer(descriptor)
    if (content.has(descriptor.digest)) return
    const outcome = await attempt(fetch, writer)
    if (outcome === 'complete') {
      if (await committed(writer)) return
      continue
    }
    fruitless = outcome.progressed ? 0 : fruitless + 1
    if (fruitless >= FRUITLESS_LIMIT) throw outcome.error
    if (outcome.progressed) backoff.reset()
    // Letting go of the writer first lets another pull of the same blob go on.
    await writer[Symbol.asyncDispose]()
    await pause(backoff.next(), undefined, { signal }).catch(() => Promise.reject(new EngineError('cancelled', 'the operation was cancelled', { reason: 'cancelled' })))
  }
}

/** False when the part that was taken up was damaged, as by a power cut: it is gone, and the whole blob has to come. @throws data-loss */
async function committed(writer: ContentWriter): Promise<boolean> {
  try {
    await writer.commit()
    return true
  } catch (error) {
    if (writer.offset > 0 && isEngineError(error, 'data-loss')) return false
    throw error
  }
}

type Outcome = 'complete' | { error: unknown; progressed: boolean }

async function attempt({ repository, descriptor, signal, onBytes }: BlobFetch, writer: ContentWriter): Promise<Outcome> {
  let at = writer.offset
  const start = at
  if (at === descriptor.size) return 'complete'
  try {
    const { stream, offset } = await repository.blob(descriptor, at, signal)
    if (offset !== at) await writer.truncate()
    at = offset
    for await (const chunks of batchesOf(stream, { own: true })) {
      await writer.write(...chunks)
      at = chunks.reduce((sum, { length }) => sum + length, at)
      onBytes?.(at)
    }
  } catch (error) {
    if (signal.aborted || (isEngineError(error) && error.code !== 'unavailable')) throw error
    return { error: cut(error, descriptor), progressed: at > start }
  }
  return at === descriptor.size ? 'complete' : { error: cut(undefined, descriptor), progressed: at > start }
}

const cut = (cause: unknown, { digest }: Descriptor): EngineError =>
  isEngineError(cause) ? cause : new EngineError('unavailable', `the connection was cut while downloading ${digest}${cause === undefined ? '' : `: ${messageOf(cause)}`}`, { reason: 'cut', hint: 'What was received is kept; pull again to go on.', cause })
