import type { Readable } from 'node:stream'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'
import type { Service } from '../service.ts'
import { listRepositories, listTags } from './catalog.ts'
import { findManifest, type ServedManifest } from './find-manifest.ts'
import { createPushedBlobs } from './pushed-blobs.ts'
import { putManifest, type PutRequest, type PutResult } from './put-manifest.ts'
import { readBlob, sizeOfBlob } from './read-blob.ts'
import { listReferrers } from './referrers.ts'
import { removePushedBlob, removeManifest } from './remove-manifest.ts'
import { parseRepository } from './repository-name.ts'
import { createUploads, type Uploads } from './uploads.ts'

/**
 * The engine's images as a registry shows them (https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md).
 *
 * A **repository** is a local name without its tag, as `docker images` shows it (repository-name.ts). Its tags are the images' own: what is
 * tagged, built or pulled here is there at once, and a **push** makes an image of the engine, whole or not at all. What is pushed and no image
 * (an index, another system's image, a signature) is **kept** beside them (kept-manifests.ts): served, and in no list of images.
 *
 * Layers are served as they were pulled or pushed; those made here are packed when somebody first asks, and the manifest is written down, so
 * that its digest stays. A blob belongs to the engine, not to a repository: who may read one may read all.
 */
export interface ServedImages extends AsyncDisposable {
  repositories(): string[]
  /** @throws not-found (no-such-repository) */
  tags(repository: string): string[]
  /** By tag or digest. `accepted`: media types the client takes; undefined for all. @throws not-found (no-such-manifest) */
  manifest(repository: string, reference: string, accepted: readonly string[] | undefined, signal?: AbortSignal): Promise<ServedManifest>
  /** @throws invalid-argument, failed-precondition (part-unknown), data-loss (wrong-diff-id, digest-mismatch) */
  putManifest(repository: string, reference: string, request: PutRequest): Promise<PutResult>
  /** A tag, or everything of the repository that has the digest. @throws not-found, conflict (image-in-use) */
  removeManifest(repository: string, reference: string): Promise<void>
  /** Manifests that say they are about the digest. */
  referrers(repository: string, digest: string, artifactType: string | undefined): Descriptor[]
  /** Bytes. @throws not-found (no-such-blob) */
  blobSize(repository: string, digest: string): { digest: Digest; size: number }
  /** The whole is verified on its way; a part, both ends included, cannot be. */
  readBlob(digest: Digest, range?: { start: number; end: number }): Promise<Readable>
  /** Only a blob that nothing refers to. @throws not-found, failed-precondition (blob-in-use) */
  removeBlob(repository: string, digest: string): Promise<void>
  /** Keeps a blob that is here for a manifest that is coming; false when it is not here. */
  mount(repository: string, digest: string): Digest | undefined
  readonly uploads: Uploads
}

export function createServedImages(service: Service): ServedImages {
  const pushed = createPushedBlobs(service)
  const uploads = createUploads(service, pushed)
  return {
    repositories: () => listRepositories(service.records),
    tags: (repository) => listTags(service.records, parseRepository(repository)),
    manifest: (repository, reference, accepted, signal) => findManifest(service, parseRepository(repository), reference, { accepted, ...(signal && { signal }) }),
    putManifest: (repository, reference, request) => putManifest(service, pushed, parseRepository(repository), reference, request),
    removeManifest: (repository, reference) => removeManifest(service, parseRepository(repository), reference),
    referrers: (repository, digest, artifactType) => listReferrers(service.records, parseRepository(repository), digest, artifactType),
    blobSize(repository, digest) {
      parseRepository(repository)
      return sizeOfBlob(service, digest)
    },
    readBlob: (digest, range) => readBlob(service, digest, range),
    removeBlob(repository, digest) {
      parseRepository(repository)
      return removePushedBlob(service, pushed, digest)
    },
    mount(repository, digest) {
      parseRepository(repository)
      return pushed.mount(digest)
    },
    uploads,
    async [Symbol.asyncDispose]() {
      await uploads[Symbol.asyncDispose]()
      pushed[Symbol.dispose]()
    },
  }
}
