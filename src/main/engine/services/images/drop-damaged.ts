import { isEngineError } from '#shared/errors.ts'
import type { Digest } from '#shared/oci/digest.ts'
import type { ContentStore } from '../../core/content/content-store.ts'

/** A small blob that has other bytes than its digest says is as good as none: it makes room for one that is whole. */
export async function dropDamaged(content: ContentStore, digest: Digest): Promise<void> {
  if (!content.has(digest)) return
  try {
    await content.read({ digest })
  } catch (error) {
    if (!isEngineError(error, 'data-loss')) throw error
    await content.remove(digest)
  }
}
