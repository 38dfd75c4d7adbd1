import type { Descriptor } from './descriptor.ts'

/** OCI image-spec manifest.md; Docker's schema 2 has the same shape. */
export interface Manifest {
  schemaVersion: 2
  mediaType?: string
  artifactType?: string
  config: Descriptor
  layers: Descriptor[]
  annotations?: Record<string, string>
}

/** OCI image-spec image-index.md; Docker's manifest list has the same shape. */
export interface Index {
  schemaVersion: 2
  mediaType?: string
  manifests: Descriptor[]
  annotations?: Record<string, string>
}
