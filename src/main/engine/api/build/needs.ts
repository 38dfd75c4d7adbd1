import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildRequest } from '../../services/builder/builder.ts'
import type { Pruned, PruneRequest } from '../../services/builder/prune-cache.ts'

/** What the build endpoints require. */
export interface BuildNeeds {
  build(request: BuildRequest): Promise<ImageId>
  prune(request: PruneRequest): Promise<Pruned>
}
