import type { ChainId, ImageId } from '#shared/oci/digest.ts'
import type { ContainerDefaults, ImageConfig } from '#shared/oci/image-config.ts'
import type { Lease } from '../../core/leases/leases.ts'

/** What files require of their siblings; engine/index.ts fills it in. */
export interface FilesNeeds {
  containers: ContainersNeed
  volumes: VolumesNeed
  images: ImagesNeed
}

/** What is to be known of a container; its record fits. */
export interface ContainerFacts {
  id: string
  name: string
  /** The name or id that the client used; errors repeat it. */
  asked?: string
  image: { id: ImageId; chain: ChainId | undefined }
  config: ContainerDefaults & { Image?: string }
  host: { ReadonlyRootfs?: boolean; Tmpfs?: Record<string, string> | null }
  mounts: readonly MountFacts[]
  state: { status: string; pid?: number }
}
export type MountFacts =
  | { kind: 'bind'; source: string; target: string; readonly: boolean; nonRecursive?: boolean }
  | { kind: 'volume'; volume: string; target: string; readonly: boolean; subpath?: string }
  | { kind: 'tmpfs'; target: string; readonly: boolean }

export interface ContainersNeed {
  /** @throws not-found */
  get(reference: string): ContainerFacts
  /** Nobody starts, stops or removes the container until the work is done; it may end by itself. */
  hold<Result>(reference: string, work: (container: ContainerFacts) => Promise<Result>): Promise<Result>
  pause(reference: string, options?: { passing?: boolean }): Promise<void>
  unpause(reference: string): Promise<void>
}

export interface VolumesNeed {
  acquire(name: string, holder: string, subpath?: string): Promise<string>
  release(name: string, holder: string): Promise<void>
}

export interface ImagesNeed {
  resolve(name: string): Promise<{ id: ImageId; config: ImageConfig; chain: ChainId | undefined }>
  commitLayer(key: string, options: { parent: ChainId | undefined; keep: true; mountTargets: readonly string[]; lease: Lease; signal?: AbortSignal }): Promise<{ diffId: ImageConfig['rootfs']['diff_ids'][number] }>
  create(request: { config: ImageConfig; parent?: ImageId; names?: readonly string[]; lease?: Lease }): Promise<ImageId>
  /** @throws invalid-argument */
  applyChanges(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults
}
