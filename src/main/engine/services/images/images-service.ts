import type { ChainId, Digest, ImageId } from '#shared/oci/digest.ts'
import type { ImageConfig } from '#shared/oci/image-config.ts'
import type { Platform } from '#shared/oci/platform.ts'

/** What other services need to know of an image; made by services/images, asked for in their needs.ts. */
export interface ResolvedImage {
  id: ImageId
  /** The manifest it was fetched by, if it was. */
  manifest: Digest | undefined
  config: ImageConfig
  /** The topmost committed snapshot; undefined for an image without layers. */
  chain: ChainId | undefined
  /** References as the user tagged it: `docker.io/library/busybox:latest`. */
  names: string[]
  platform: Platform
}

/** Credentials for one registry, as X-Registry-Auth carries them. */
export interface RegistryAuth {
  username?: string
  password?: string
  identityToken?: string
  registryToken?: string
  serverAddress?: string
}

/** One step of a pull, push or load as the docker client shows it. */
export interface TransferProgress {
  /** Short layer id, or absent for a line of its own. */
  id?: string
  status: string
  current?: number
  total?: number
}
