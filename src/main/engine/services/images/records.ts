import { EngineError } from '#shared/errors.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { ChainId, DiffId, Digest, ImageId } from '#shared/oci/digest.ts'
import type { Platform } from '#shared/oci/platform.ts'
import { findReference, formatReference, parseReference, repositoryName, withDefaultTag, type Reference } from '#shared/oci/reference.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'
import { chainsOf } from './chains.ts'

/** One image. Its config is the blob with its ID. */
export interface ImageRecord {
  id: ImageId
  /** As fetched or pushed last: what a push sends again unchanged. */
  manifest?: Descriptor
  /** Layers that its manifest names, of an image that was pushed here: they may be packed otherwise than the records of the layers say. */
  blobs?: Digest[]
  diffIds: DiffId[]
  chain?: ChainId
  platform: Platform
  /** RFC 3339, as the config says. */
  created: string
  /** Bytes of file content. */
  size: number
  labels: Record<string, string>
  /** The image of the build step before. */
  parent?: ImageId
  /** RFC 3339; when a name was last given to it. */
  lastTagTime?: string
}

/** A name: a tag, or `repository@digest`. */
export interface NameRecord {
  /** Canonical: `docker.io/library/busybox:latest`. */
  name: string
  image: ImageId
  /** Manifest or index the name stands for at its registry. */
  target?: Descriptor
}

/** What is known of a layer, whichever images have it. */
export interface LayerRecord {
  diffId: DiffId
  /** Uncompressed bytes of the archive, and of the files in it. */
  size: number
  contentSize: number
  /** Kept as a blob, as pulled, pushed or loaded. Without, it is made again from the snapshot. */
  blob?: Descriptor
  /** A committed snapshot that holds exactly this layer. */
  chain: ChainId
  /** Repositories that are known to have the blob, for mounting across; newest first. */
  repositories?: string[]
}

/**
 * A manifest that is served and is no image of the engine: an index, an image of another system, an artifact (a signature, a chart); or one that says
 * which manifest it is about. By `repository@digest`.
 */
export interface KeptManifest {
  /** Canonical: `docker.io/library/busybox`. */
  repository: string
  descriptor: Descriptor
  /** Of the repository; a tag that stands for an image is a {@link NameRecord}. */
  tags: string[]
  artifactType?: string
  annotations?: Record<string, string>
  /** The manifest it is about. */
  subject?: Digest
  /** Everything it names: config and layers, or manifests. */
  blobs: Digest[]
  /** When it was pushed, in milliseconds. */
  pushedAt: number
}

export type ImageRecords = ReturnType<typeof openImageRecords>

export function openImageRecords(metadata: MetadataStore) {
  const images = metadata.collection<ImageRecord>('images')
  const names = metadata.collection<NameRecord>('image-names')
  const layers = metadata.collection<LayerRecord>('layers')
  const kept = metadata.collection<KeptManifest>('kept-manifests')
  const namesOf = names.index(({ image }) => [image])
  const blobUsers = [
    images.index(({ id, manifest, blobs = [] }) => [id, ...(manifest ? [manifest.digest] : []), ...blobs]),
    names.index(({ target }) => (target ? [target.digest] : [])),
    layers.index(({ blob }) => (blob ? [blob.digest] : [])),
    kept.index(({ descriptor, blobs }) => [descriptor.digest, ...blobs]),
  ]

  /** By name, ID or unique prefix; a name wins over a prefix. */
  function find(text: string): ImageRecord | undefined {
    const full = /^(?:sha256:)?([0-9a-f]{64})$/.exec(text)?.[1]
    if (full !== undefined) return images.find(`sha256:${full}`)
    const reference = findReference(text)
    const named = reference && findNamed(reference)
    if (named) return images.find(named.image)
    const prefix = /^(?:sha256:)?([0-9a-f]{1,64})$/.exec(text)?.[1]
    const matching = prefix === undefined ? [] : images.list().filter(({ id }) => id.startsWith(`sha256:${prefix}`))
    if (matching.length > 1) throw new EngineError('invalid-argument', `Multiple IDs found with provided prefix: ${prefix}`, { reason: 'ambiguous-prefix' })
    return matching[0]
  }

  function findNamed(reference: Reference): NameRecord | undefined {
    const wanted = withDefaultTag(reference)
    if (wanted.digest === undefined) return names.find(formatReference(wanted))
    const { tag: _, ...bare } = wanted
    const pinned = names.find(formatReference(bare))
    if (pinned) return pinned
    // A digest may also be that of the image itself.
    const own = images.find(wanted.digest)
    return own && namesOf.find(own.id).find(({ name }) => name.startsWith(`${repositoryName(reference)}:`))
  }

  return {
    images,
    names,
    layers,
    kept,
    namesOf: (id: ImageId) => namesOf.find(id),
    /** By the image that they are built on. */
    children: images.index(({ parent }) => (parent ? [parent] : [])),
    /** By a chain of their layers: their own, and each that it stands on. */
    onChain: images.index(({ diffIds }) => chainsOf(diffIds)),
    withLayer: images.index(({ diffIds }) => diffIds),
    layersAt: layers.index(({ chain }) => [chain]),
    /** Whether an image, a name, a layer or what is kept for a registry's clients needs the blob. */
    isNeeded: (digest: Digest) => blobUsers.some((users) => users.has(digest)),
    find,
    findNamed,
    /** @throws not-found */
    get(text: string): ImageRecord {
      const found = find(text)
      if (found) return found
      const reference = /^(sha256:)?[0-9a-f]+$/.test(text) ? findReference(text) : parseReference(text)
      throw new EngineError('not-found', `No such image: ${reference && reference.tag === undefined && reference.digest === undefined ? `${text}:latest` : text}`, { reason: 'no-such-image', hint: 'Pull it first.' })
    },
    transaction: metadata.transaction.bind(metadata) as MetadataStore['transaction'],
  }
}
