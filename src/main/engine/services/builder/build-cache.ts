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
  /** Of the step that left this image last. */
  keyOf(image: ImageId): string | undefined
  record(step: Pick<CachedStep, 'key' | 'image' | 'parent' | 'description' | 'size'>): void
  /** Steps that a build found here. */
  used(keys: Iterable<string>): void
  /** The image is what somebody asked for, and no longer only a step on the way. */
  markResult(image: ImageId): void
  list(): CachedStep[]
  forget(key: string): void
}

export interface CachedStep {
  key: string
  image: ImageId
  /** Key of the step before. */
  parent?: string
  /** As history shows it. */
  description: string
  /** Bytes of files the step added. */
  size: number
  /** RFC 3339. */
  createdAt: string
  lastUsedAt?: string
  usageCount: number
  /** A build ended with it. */
  result?: boolean
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

export function createBuildCache(metadata: MetadataStore, now: () => Date = () => new Date()): BuildCache {
  const steps = metadata.collection<CachedStep>('build-steps')
  const keys = new Map(steps.list().map(({ image, key }) => [image, key]))
  return {
    find: (key) => steps.find(key)?.image,
    keyOf: (image) => keys.get(image),
    record(step) {
      keys.set(step.image, step.key)
      steps.put(step.key, { ...step, createdAt: now().toISOString(), usageCount: 1 })
    },
    used(found) {
      const lastUsedAt = now().toISOString()
      metadata.transaction(() => {
        for (const key of found) {
          const step = steps.find(key)
          if (step) steps.put(key, { ...step, lastUsedAt, usageCount: step.usageCount + 1 })
        }
      })
    },
    markResult(image) {
      const step = steps.find(keys.get(image) ?? '')
      if (step && !step.result) steps.put(step.key, { ...step, result: true })
    },
    list: () => steps.list(),
    forget(key) {
      const step = steps.find(key)
      if (step && keys.get(step.image) === key) keys.delete(step.image)
      steps.delete(key)
    },
  }
}
