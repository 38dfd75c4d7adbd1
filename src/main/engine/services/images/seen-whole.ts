import { stat } from 'node:fs/promises'
import type { Digest } from '#shared/oci/digest.ts'
import type { ContentProvider } from '../../core/content/content-store.ts'

/** Blobs that were read whole since the engine started, as long as nobody has written to them: what a disk or a person does to one shows in its times, or when it is read the next time. */
export interface SeenWhole {
  has(digest: Digest): Promise<boolean>
  note(digest: Digest): Promise<void>
}

export function createSeenWhole(content: Pick<ContentProvider, 'pathOf'>): SeenWhole {
  const seen = new Map<Digest, string>()
  const lookOf = async (digest: Digest) => {
    const found = await stat(content.pathOf(digest), { bigint: true }).catch(() => undefined)
    return found && [found.ino, found.size, found.mtimeNs, found.ctimeNs].join()
  }
  return {
    async has(digest) {
      const known = seen.get(digest)
      if (known === undefined) return false
      if (known === (await lookOf(digest))) return true
      seen.delete(digest)
      return false
    },
    async note(digest) {
      const look = await lookOf(digest)
      if (look !== undefined) seen.set(digest, look)
    },
  }
}
