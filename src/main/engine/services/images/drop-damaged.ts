import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isEngineError } from '#shared/errors.ts'
import type { Digest } from '#shared/oci/digest.ts'
import type { ContentStore } from '../../core/content/content-store.ts'

/** A blob that has other bytes than its digest says, as a disk's error or a power cut leaves it, is as good as none: it makes room for one that is whole. True when it was so. */
export async function dropDamaged(content: ContentStore, digest: Digest, signal?: AbortSignal): Promise<boolean> {
  if (!content.has(digest)) return false
  try {
    await pipeline(await content.open({ digest }), new Writable({ write: (_chunk, _encoding, done) => done() }), { signal })
    return false
  } catch (error) {
    if (!isEngineError(error, 'data-loss')) throw error
    await content.remove(digest)
    return true
  }
}
