import type { Readable } from 'node:stream'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { ChainId, DiffId, Digest, ImageId } from '#shared/oci/digest.ts'
import type { ContainerDefaults, HistoryEntry, ImageConfig } from '#shared/oci/image-config.ts'
import type { Platform } from '#shared/oci/platform.ts'
import type { ListedEntry } from '../../core/layers/layers.ts'
import type { Lease } from '../../core/leases/leases.ts'
import type { SearchResult } from '../../core/registry/registry.ts'
import type { ImageManifest } from './image-manifests.ts'
import type { SaveOptions } from './save.ts'
import type { ServedImages } from './served/served-images.ts'

/**
 * Images: what containers start from.
 *
 * An **image record** is one platform's image: its ID is the digest of its config (docs/decisions/0010-image-id.md), and its layers are
 * committed snapshots from the moment the record exists. A **name** (reference record) points at an image: a tag that moves, or
 * `repository@digest`, which does not. An image without names is *dangling*; an image made by another's build step has that one as parent.
 *
 * A verb per file: pull.ts, push.ts, list.ts, remove.ts, … Records are in records.ts, and everything that becomes an image, whether
 * pulled, loaded, imported, committed or built, goes through register.ts.
 */
export interface Images {
  /** By name, full ID or unique ID prefix. @throws not-found (`No such image: x`); when `platform` is given, also for another platform's image. */
  resolve(name: string, platform?: Platform): Promise<ResolvedImage>
  /** Of the image that has the name now. */
  idOf(name: string): ImageId | undefined
  find(name: string): Promise<ResolvedImage | undefined>
  /** The image whose build step made this one, if that was here. */
  parentOf(id: ImageId): ImageId | undefined
  /** Resolves, pulling first what is not there. */
  ensure(name: string, options?: PullOptions & { lease?: Lease }): Promise<ResolvedImage>

  pull(name: string, options?: PullOptions): Promise<PullResult>
  push(name: string, options?: PushRequest): Promise<void>
  list(options?: ListOptions): Promise<ImageSummary[]>
  inspect(name: string): Promise<ImageDetails>
  history(name: string): Promise<ImageHistoryEntry[]>
  /** What stands behind the image at its registry. */
  manifests(name: string): Promise<ImageManifest[]>
  /** Base first. */
  layers(name: string): Promise<ImageLayer[]>
  /** Everything in one layer, an entry a line of JSON (core/layers LayerEntry); 0 is the base. */
  layerEntries(name: string, index: number, signal?: AbortSignal): Readable
  tag(source: string, target: string): Promise<void>
  remove(name: string, options?: { force?: boolean; prune?: boolean }): Promise<RemovalStep[]>
  /** Those of them that have no name and that nothing uses; the others stay. */
  removeUnused(ids: Iterable<ImageId>): Promise<void>
  /** Once, when the engine has started: removes what no image has and no pull that was cut would take up. Others may work meanwhile. */
  sweep(): Promise<number>
  prune(filters?: ImageFilters): Promise<{ steps: RemovalStep[]; reclaimed: number }>
  /** A docker-archive that is an OCI layout as well. */
  save(names: readonly string[], options?: SaveOptions): Promise<Readable>
  load(archive: Readable, options?: LoadOptions): Promise<LoadedImage[]>
  /** One layer from a tar archive in any compression, or from the URL of one. */
  import(source: Readable | string, options?: ImportOptions): Promise<ImageId>

  /**
   * Freezes an active snapshot as a layer: what it changed becomes a committed snapshot. With `keep` the snapshot stays in use and a
   * copy is frozen (commit of a container), without the empty places that were made to mount on (`mountTargets` beside the usual ones); without,
   * it must be unmounted and its key is gone after (build step).
   */
  commitLayer(key: string, options: { parent: ChainId | undefined; keep?: boolean; mountTargets?: readonly string[]; lease?: Lease; signal?: AbortSignal }): Promise<CommittedLayer>
  /** Makes a layer on `parent` of just these files, each from its own place; as with `commitLayer`, no blob is kept. */
  addFiles(files: readonly ListedEntry[], options: { parent: ChainId | undefined; lease?: Lease; signal?: AbortSignal }): Promise<CommittedLayer>
  /** Makes a layer on `parent` of a plain tar archive as it comes; no blob is kept. */
  addLayer(archive: Readable, options: { parent: ChainId | undefined; lease?: Lease; signal?: AbortSignal }): Promise<CommittedLayer>
  /** A config after Dockerfile instructions, as `--change` of commit and import gives them. @throws invalid-argument */
  applyChanges(config: ContainerDefaults, changes: readonly string[]): ContainerDefaults
  /** Makes an image of a config whose layers are all committed. The same config gives the same image. */
  create(request: CreateImageRequest): Promise<ImageId>

  search(term: string, options?: SearchRequest): Promise<SearchResult[]>
  /** Of a repository at its registry. @throws not-found, unauthorized, unavailable */
  tags(name: string, options?: TagsRequest): Promise<RepositoryTags>
  distribution(name: string, auth?: RegistryAuth, signal?: AbortSignal): Promise<{ descriptor: Descriptor; platforms: Platform[] }>
  authenticate(auth: RegistryAuth, signal?: AbortSignal): Promise<{ identityToken: string }>
  /** As a registry shows them to others. */
  readonly served: ServedImages
  /** Bytes of all layers, each counted once. */
  layersSize(): number
  readonly count: number
}

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
  /** Machine-readable result, such as a push's tag, digest and size. */
  aux?: unknown
}

export interface PullOptions {
  platform?: Platform
  /** Every tag of the repository. */
  allTags?: boolean
  auth?: RegistryAuth
  signal?: AbortSignal
  onProgress?: (progress: TransferProgress) => void
}

export interface TagsRequest {
  limit?: number
  auth?: RegistryAuth
  signal?: AbortSignal
}

export interface RepositoryTags {
  tags: string[]
  /** With those that the limit left out. */
  total: number
}

export interface PullResult {
  id: ImageId
  /** Of the manifest or index that the name stands for. */
  digest: Digest
  newer: boolean
}

export interface PushRequest {
  auth?: RegistryAuth
  /** Refuses an image of another platform. */
  platform?: Platform
  /** Overrides the tag of the name; with `allTags` every local tag of the repository. */
  tag?: string
  allTags?: boolean
  signal?: AbortSignal
  onProgress?: (progress: TransferProgress) => void
}

export type ImageFilters = Readonly<Record<string, readonly string[]>>
export interface ListOptions {
  /** Also the intermediate images of builds. */
  all?: boolean
  filters?: ImageFilters
  /** Compute `sharedSize`. */
  sharedSize?: boolean
}

export interface ImageSummary {
  id: ImageId
  parent: ImageId | undefined
  /** `busybox:latest`, newest last. */
  tags: string[]
  /** `busybox@sha256:…`. */
  digests: string[]
  /** Unix seconds. */
  created: number
  /** Bytes of file content of its layers. */
  size: number
  /** -1 where not asked for. */
  sharedSize: number
  labels: Record<string, string>
  containers: number
}

export interface ImageDetails extends ImageSummary {
  config: ImageConfig
  comment: string
  lastTagTime: string
  graphDriver: { name: string; values: Record<string, string> }
  descriptor: Descriptor | undefined
}

export interface ImageHistoryEntry extends HistoryEntry {
  /** Known where the step left an image of its own. */
  id: ImageId | undefined
  tags: string[]
  size: number
}

export interface ImageLayer {
  diffId: DiffId
  /** As an archive of the image names it. */
  blob: Digest
  /** Bytes of file content. */
  size: number
  /** The step of the history that made it; an imported or damaged image may not say. */
  step: HistoryEntry | undefined
}

export type RemovalStep = { untagged: string } | { deleted: Digest }

export interface LoadOptions {
  /** Of an index, this one; an image of another platform is refused. */
  platform?: Platform
  signal?: AbortSignal
  onProgress?: (progress: TransferProgress) => void
}
export interface LoadedImage {
  id: ImageId
  /** As shown to people. */
  names: string[]
  /** Names that another image had until now. */
  taken: { name: string; from: ImageId }[]
}

export interface ImportOptions {
  /** Name of the result; dangling without. */
  name?: string
  message?: string
  /** Dockerfile instructions: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME, WORKDIR. */
  changes?: readonly string[]
  platform?: Platform
  signal?: AbortSignal
  /** Of a download. */
  onProgress?: (progress: TransferProgress) => void
}

export interface CommittedLayer {
  diffId: DiffId
  chain: ChainId
  /** Bytes of file content. */
  size: number
}

export interface CreateImageRequest {
  config: ImageConfig
  parent?: ImageId
  /** References to give it, in any form; without a tag `latest`. */
  names?: readonly string[]
  /** Docker's word for the event, such as `import`; none by default. */
  event?: string
  lease?: Lease
}

export interface SearchRequest {
  limit?: number
  filters?: ImageFilters
  auth?: RegistryAuth
  signal?: AbortSignal
}
