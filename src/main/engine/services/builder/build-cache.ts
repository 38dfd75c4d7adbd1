import { createHash } from 'node:crypto'
import type { ImageId } from '#shared/oci/digest.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'

/**
 * Results of steps by what went into them. The key covers the parent image (whose ID covers everything below it), the step's
 * text with its variables replaced, the build arguments a RUN sees, and the digest of what it copies; so an equal key means an equal input.
 * An entry whose image was removed is no hit.
 */
export interface BuildCache {
  find(key: string): ImageId | undefined
  record(key: string, image: ImageId): void
  clear(): void
}

export interface CacheKeyParts {
  parent: ImageId | 'scratch'
  platform: string
  /** The step as it goes into history. */
  step: string
  /** Digest of copied files, mounts and the like. */
  inputs?: string
}

export const cacheKey = (parts: CacheKeyParts): string => createHash('sha256').update(JSON.stringify([parts.parent, parts.platform, parts.step, parts.inputs ?? ''])).digest('hex')

export function createBuildCache(metadata: MetadataStore): BuildCache {
  const entries = metadata.collection<{ key: string; image: ImageId }>('build-cache')
  return {
    find: (key) => entries.find(key)?.image,
    record: (key, image) => entries.put(key, { key, image }),
    clear: () => metadata.transaction(() => entries.list().forEach(({ key }) => entries.delete(key))),
  }
}
