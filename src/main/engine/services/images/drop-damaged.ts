import { isEngineError } from '#shared/errors.ts'
import type { Digest } from '#shared/oci/digest.ts'
import { SMALL_BLOB_LIMIT } from '../../core/content/blob-reader.ts'
import { fromText } from '../../core/layers/byte-path.ts'
import type { Service } from './service.ts'

/** A blob that has other bytes than its digest says, as a disk's error or a power cut leaves it, is as good as none: it makes room for one that is whole. True when it was so. */
export async function dropDamaged(service: Pick<Service, 'content' | 'layers'>, digest: Digest, signal?: AbortSignal): Promise<boolean> {
  if (!service.content.has(digest) || (await isWhole(service, digest, signal))) return false
  await service.content.remove(digest)
  return true
}

/** The same, where nobody has found it whole since it was written. */
export async function dropIfNew(service: Pick<Service, 'content' | 'layers' | 'seenWhole'>, digest: Digest, signal?: AbortSignal): Promise<boolean> {
  if (await service.seenWhole.has(digest)) return false
  if (await dropDamaged(service, digest, signal)) return true
  await service.seenWhole.note(digest)
  return false
}

/** Large ones are read by the layers' threads. */
async function isWhole({ content, layers }: Pick<Service, 'content' | 'layers'>, digest: Digest, signal: AbortSignal | undefined): Promise<boolean> {
  if (content.sizeOf(digest) > SMALL_BLOB_LIMIT) return Buffer.from(await layers.digests([fromText(content.pathOf(digest))], { ...(signal && { signal }) })).toString('hex') === digest.slice('sha256:'.length)
  return content.read({ digest }).then(
    () => true,
    (error: unknown) => (isEngineError(error, 'data-loss') ? false : Promise.reject(error)),
  )
}
