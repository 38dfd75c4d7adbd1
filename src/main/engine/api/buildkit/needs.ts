import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildRequest } from '../../services/builder/builder.ts'
import type { CacheEntry } from '../../services/builder/cache-entries.ts'
import type { Pruned, PruneRequest } from '../../services/builder/prune-cache.ts'

/** What the BuildKit front requires. */
export interface BuildkitNeeds {
  engine: () => { id: string; version: string }
  log: (line: string) => void
  builder: {
    build(request: BuildRequest): Promise<ImageId>
    cacheEntries(): Promise<CacheEntry[]>
    prune(request: PruneRequest): Promise<Pruned>
  }
  images: {
    tag(source: string, target: string): Promise<void>
  }
}
