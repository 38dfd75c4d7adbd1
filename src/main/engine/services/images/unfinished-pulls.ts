import type { ChainId, Digest, DiffId } from '#shared/oci/digest.ts'
import { formatReference, type Reference } from '#shared/oci/reference.ts'
import type { Collection, MetadataStore } from '../../core/metadata/metadata-store.ts'
import { chainsOf } from './chains.ts'

/**
 * What pulls are about to fetch: written down before the first layer and forgotten in the same step that records the image. While an
 * unfinished pull is known, what it has received is kept for the next one; everything else that no image has is nobody's.
 */
export interface UnfinishedPull {
  /** Canonical. */
  reference: string
  /** Manifests, config and packed layers. */
  digests: Digest[]
  diffIds: DiffId[]
  /** Milliseconds since 1970. */
  since: number
}

/** A pull that nobody took up for so long is not going to be. */
const FORGOTTEN_AFTER = 7 * 24 * 3600_000

export type UnfinishedPulls = ReturnType<typeof openUnfinishedPulls>

export function openUnfinishedPulls(metadata: MetadataStore) {
  const pulls: Collection<UnfinishedPull> = metadata.collection('unfinished-pulls')
  return {
    note: (reference: Reference, digests: Digest[], diffIds: DiffId[]) => pulls.put(formatReference(reference), { reference: formatReference(reference), digests, diffIds, since: Date.now() }),
    forget: (reference: Reference) => pulls.delete(formatReference(reference)),
    /** All of them, as when the user wants the space. */
    forgetAll() {
      for (const { reference } of pulls.list()) pulls.delete(reference)
    },
    /** What those that may be taken up would find here. */
    wanted(): { digests: ReadonlySet<Digest>; chains: ReadonlySet<ChainId> } {
      for (const { reference, since } of pulls.list()) if (Math.abs(Date.now() - since) > FORGOTTEN_AFTER) pulls.delete(reference)
      const left = pulls.list()
      return { digests: new Set(left.flatMap(({ digests }) => digests)), chains: new Set(left.flatMap(({ diffIds }) => chainsOf(diffIds))) }
    },
  }
}
