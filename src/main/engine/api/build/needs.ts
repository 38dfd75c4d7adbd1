import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildRequest } from '../../services/builder/builder.ts'

/** What the build endpoints require. */
export interface BuildNeeds {
  build(request: BuildRequest): Promise<ImageId>
  prune(): Promise<number>
}
