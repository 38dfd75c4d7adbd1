import type { ImageId } from '#shared/oci/digest.ts'
import type { Builder, BuildRequest } from '../../services/builder/builder.ts'
import type { CacheEntry } from '../../services/builder/cache-entries.ts'
import type { Pruned, PruneRequest } from '../../services/builder/prune-cache.ts'
import type { Images } from '../../services/images/images-service.ts'

/** What the BuildKit front requires. */
export interface BuildkitNeeds {
  engine: () => { id: string; version: string }
  log: (line: string) => void
  builder: {
    build(request: BuildRequest): Promise<ImageId>
    cacheEntries(): Promise<CacheEntry[]>
    prune(request: PruneRequest): Promise<Pruned>
    withResult: Builder['withResult']
    describe: Builder['describe']
    contextPaths: Builder['contextPaths']
  }
  images: Pick<Images, 'tag' | 'push' | 'save'>
}
