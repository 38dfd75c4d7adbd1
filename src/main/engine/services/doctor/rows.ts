import type { ChainId, DiffId, Digest, ImageId } from '#shared/oci/digest.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'

/** Of the records of others: what the doctor looks at. */
export interface ImageRow {
  id: ImageId
  diffIds: DiffId[]
  manifest?: { digest: Digest; size: number }
  blobs?: Digest[]
}
/** A manifest served by the registry that is no image. */
export interface KeptRow {
  repository: string
  descriptor: { digest: Digest }
  blobs: Digest[]
}
export interface NameRow {
  name: string
  image: ImageId
  target?: { digest: Digest; size: number }
}
export interface LayerRow {
  diffId: DiffId
  chain: ChainId
  blob?: { digest: Digest; size: number }
}
export interface SnapshotRow {
  kind: 'committed' | 'active'
  /** Chain ID or key. */
  name: string
  number: number
  parent?: ChainId
  /** The boot in which its files were written, until they are known to be on the disk. */
  unflushed?: string
}
export interface ContainerRow {
  id: string
  name: string
  mounts: { kind: string; volume?: string }[]
  state: { status: string }
}
export interface VolumeRow {
  name: string
  options: Record<string, string>
  unfinished?: boolean
}

export interface PullRow {
  digests: Digest[]
}

export const rowsOf = (metadata: MetadataStore) => ({
  images: metadata.collection<ImageRow>('images'),
  names: metadata.collection<NameRow>('image-names'),
  kept: metadata.collection<KeptRow>('kept-manifests'),
  layers: metadata.collection<LayerRow>('layers'),
  snapshots: metadata.collection<SnapshotRow>('snapshots'),
  pulls: metadata.collection<PullRow>('unfinished-pulls'),
  pushed: metadata.collection<{ digest: Digest }>('pushed-blobs'),
  uploads: metadata.collection<{ id: string }>('uploads'),
  containers: metadata.collection<ContainerRow>('containers'),
  volumes: metadata.collection<VolumeRow>('volumes'),
})

/** Blobs that the records of images and layers speak of. */
export function neededBlobs(metadata: MetadataStore): Set<Digest> {
  const { images, names, layers, kept } = rowsOf(metadata)
  return new Set<Digest>([
    ...kept.list().flatMap(({ descriptor, blobs }) => [descriptor.digest, ...blobs]),
    ...images.list().flatMap(({ id, manifest, blobs = [] }) => [id, ...blobs, ...(manifest ? [manifest.digest] : [])]),
    ...names.list().flatMap(({ target }) => (target ? [target.digest] : [])),
    ...layers.list().flatMap(({ blob }) => (blob ? [blob.digest] : [])),
  ])
}

/** Those, what a pull that was cut would take up, and what was pushed and waits for its manifest. */
export function namedBlobs(metadata: MetadataStore): ReadonlySet<string> {
  const { pulls, pushed } = rowsOf(metadata)
  return new Set([...neededBlobs(metadata), ...pulls.list().flatMap(({ digests }) => digests), ...pushed.list().map(({ digest }) => digest)])
}

/** What a user calls an image: its tags, else its digests' names, else its short id. */
export function namesOfImage(metadata: MetadataStore, id: ImageId): string {
  const all = rowsOf(metadata).names.list().filter(({ image }) => image === id)
  const tags = all.filter(({ name }) => !name.includes('@'))
  const names = tags.length > 0 ? tags : all
  return names.length > 0 ? names.map(({ name }) => name.replace(/^docker\.io\/(?:library\/)?/, '')).join(', ') : id.slice(7, 19)
}

/** Names of the images that have a layer. */
export function imagesWith(metadata: MetadataStore, diffId: DiffId): string {
  const having = rowsOf(metadata).images.list().filter(({ diffIds }) => diffIds.includes(diffId))
  return having.length > 0 ? having.map(({ id }) => namesOfImage(metadata, id)).join(', ') : 'no image'
}
