import type { Readable } from 'node:stream'
import type { ChainId, ImageId } from '#shared/oci/digest.ts'
import type { ImageConfig } from '#shared/oci/image-config.ts'
import type { Platform } from '#shared/oci/platform.ts'
import type { EventBus } from '../../core/events/event-bus.ts'
import type { Host } from '../../core/host/host.ts'
import type { Layers, ListedEntry } from '../../core/layers/layers.ts'
import type { Lease, Leases } from '../../core/leases/leases.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { Sandbox, SandboxRequest } from '../../core/network/sandbox.ts'
import type { Runtime } from '../../core/runtime/runtime.ts'
import type { Snapshotter } from '../../core/snapshots/snapshotter.ts'
import type { Layout } from '../../layout.ts'
import type { BuildCache } from './build-cache.ts'
import type { CacheMounts } from './cache-mounts.ts'
import type { KeptContexts } from './kept-contexts.ts'

/** What the builder works with. */
export interface BuilderContext {
  layout: Layout
  host: Pick<Host, 'run' | 'syscalls' | 'facts'>
  layers: Layers
  leases: Leases
  metadata: MetadataStore
  events: EventBus
  snapshots: Snapshotter
  runtime: Runtime
  images: BuilderImages
  networks: BuilderNetworks
  cache: BuildCache
  cacheMounts: CacheMounts
  keptContexts: KeptContexts
}

export interface BuilderImages {
  find(name: string): Promise<BaseImage | undefined>
  ensure(name: string, options: PullOptions): Promise<BaseImage>
  pull(name: string, options: PullOptions): Promise<unknown>
  resolve(name: string, platform?: Platform): Promise<BaseImage>
  commitLayer(key: string, options: { parent: ChainId | undefined; lease?: Lease; signal?: AbortSignal }): Promise<CommittedLayer>
  addFiles(files: readonly ListedEntry[], options: { parent: ChainId | undefined; lease?: Lease; signal?: AbortSignal }): Promise<CommittedLayer>
  addLayer(archive: Readable, options: { parent: ChainId | undefined; lease?: Lease; signal?: AbortSignal }): Promise<CommittedLayer>
  create(request: { config: ImageConfig; parent?: ImageId; lease?: Lease }): Promise<ImageId>
  tag(source: string, target: string): Promise<void>
  list(options: { all: boolean }): Promise<BuilderImage[]>
  remove(name: string, options: { prune: boolean }): Promise<unknown>
  removeUnused(ids: Iterable<ImageId>): Promise<void>
}

export interface BaseImage {
  id: ImageId
  config: ImageConfig
  chain: ChainId | undefined
}
/** A row of the image list. */
export interface BuilderImage {
  id: ImageId
  parent?: ImageId | undefined
  tags: readonly string[]
  digests: readonly string[]
  containers: number
}
export interface CommittedLayer {
  diffId: ImageConfig['rootfs']['diff_ids'][number]
  chain: ChainId
  size: number
}
interface PullOptions {
  platform?: Platform
  auth?: RegistryAuth
  signal?: AbortSignal
  lease?: Lease
  onProgress?: (progress: { id?: string; status: string; current?: number; total?: number }) => void
}
export interface RegistryAuth {
  username?: string
  password?: string
  identityToken?: string
  registryToken?: string
  serverAddress?: string
}

export interface BuilderNetworks {
  connectSandbox(request: SandboxRequest): Promise<Sandbox>
  disconnectSandbox(containerId: string): Promise<void>
  findSandboxOf(container: string): Sandbox | undefined
}
