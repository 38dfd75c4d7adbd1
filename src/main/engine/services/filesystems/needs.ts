import type { ChainId, ImageId } from '#shared/oci/digest.ts'
import type { ContainerDefaults, ImageConfig } from '#shared/oci/image-config.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { Layers } from '../../core/layers/layers.ts'
import type { Lease, Leases } from '../../core/leases/leases.ts'
import type { Snapshotter } from '../../core/snapshots/snapshotter.ts'
import type { Layout } from '../../layout.ts'

export interface FilesystemsContext {
  layers: Pick<Layers, 'changes' | 'pack'>
  snapshots: Pick<Snapshotter, 'changesOf' | 'layerDirectories' | 'mount' | 'unmount'>
  leases: Leases
  events: EventBus
  layout: Layout
  containers: ContainersNeed
  images: ImagesNeed
}

export interface ContainersNeed {
  /** @throws not-found */
  get(reference: string): ContainerView
  pause(reference: string): Promise<void>
  unpause(reference: string): Promise<void>
}
export interface ContainerView {
  id: string
  name: string
  image: { id: ImageId; chain: ChainId | undefined }
  config: ContainerDefaults & { Image?: string }
  state: { status: string }
}

export interface ImagesNeed {
  resolve(id: string): Promise<{ id: ImageId; config: ImageConfig }>
  commitLayer(key: string, options: { parent: ChainId | undefined; keep: boolean; lease: Lease }): Promise<{ diffId: ImageConfig['rootfs']['diff_ids'][number] }>
  applyChanges(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults
  create(request: { config: ImageConfig; parent?: ImageId; names?: readonly string[]; lease?: Lease }): Promise<ImageId>
}
