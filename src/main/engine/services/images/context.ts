import type { Platform } from '#shared/oci/platform.ts'
import type { ContentStore } from '../../core/content/content-store.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { Layers } from '../../core/layers/layers.ts'
import type { Leases } from '../../core/leases/leases.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { Registry } from '../../core/registry/registry.ts'
import type { Snapshotter } from '../../core/snapshots/snapshotter.ts'
import type { ImagesNeeds } from './needs.ts'

/** What createImages takes; engine/index.ts has all of it. */
export interface ImagesContext {
  content: ContentStore
  layers: Layers
  snapshots: Snapshotter
  registry: Registry
  metadata: MetadataStore
  events: EventBus
  leases: Leases
  needs: ImagesNeeds
  /** What the machine runs; picks from an index. */
  platform: Platform
  /** Folder for files under way; on the same file system as the content store. */
  temporary: string
}
