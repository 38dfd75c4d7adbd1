import type { ImageId } from '#shared/oci/digest.ts'

/** What images require of their siblings; engine/index.ts fills it in. */
export interface ImagesNeeds {
  /** Containers made from the image, running or not. */
  containersUsing(image: ImageId): readonly ContainerUse[]
}

export interface ContainerUse {
  id: string
  running: boolean
}
