import { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import { hexOf, type Digest } from '#shared/oci/digest.ts'
import { formatPlatform, type Platform } from '#shared/oci/platform.ts'
import { familiarName, findReference, parseReference } from '#shared/oci/reference.ts'
import { encodeHeader, paddingAfter } from '../../core/layers/tar-format.ts'
import { isPlatform } from './choose-platform.ts'
import { isTag } from './image-filters.ts'
import { makeManifest, originalManifest, type ManifestBytes } from './image-manifest.ts'
import { keptBlob, layerRecord } from './layer-blobs.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'
import { verifiedStream } from '../../core/content/verified-stream.ts'

/** One image to be saved, with the names it was asked for by. */
interface Saved {
  image: ImageRecord
  names: string[]
  manifest: ManifestBytes
}

/**
 * An archive that is an OCI layout and, by its manifest.json, what `docker save` has always written. Layers are written as they are kept, so
 * pulled ones stay compressed; every reader of these archives looks at the first bytes.
 */
export async function saveImages(service: Service, names: readonly string[], { platform, signal }: { platform?: Platform; signal?: AbortSignal } = {}): Promise<Readable> {
  const wanted = select(service, names, platform)
  const saved: Saved[] = []
  for (const { image, tags } of wanted) saved.push({ image, names: tags, manifest: (await originalManifest(service, image)) ?? makeManifest(service, image.id, image.diffIds.map((diffId) => layerBlob(service, diffId)), 'oci') })
  return Readable.from(write(service, saved), { objectMode: false, highWaterMark: 1 << 20, ...(signal && { signal }) })
}

function select({ records }: Service, names: readonly string[], platform: Platform | undefined): { image: ImageRecord; tags: string[] }[] {
  const wanted = new Map<string, { image: ImageRecord; tags: string[] }>()
  for (const name of names) {
    const image = records.get(name)
    if (platform && !isPlatform(image.platform, platform)) throw new EngineError('not-found', `image with reference ${name} was found but its platform (${formatPlatform(image.platform)}) does not match the specified platform (${formatPlatform(platform)})`, { reason: 'no-platform' })
    const entry = wanted.get(image.id) ?? { image, tags: [] }
    wanted.set(image.id, entry)
    for (const tag of tagsFor(records, name)) if (!entry.tags.includes(tag)) entry.tags.push(tag)
  }
  return [...wanted.values()]
}

/** A name without a tag that stands for a whole repository means `latest` here; an ID has no names in the archive. */
function tagsFor(records: Service['records'], name: string): string[] {
  const reference = findReference(name)
  const found = reference && records.findNamed(reference)
  return found && isTag(found.name) ? [found.name] : []
}

/** The blob as it goes into an archive: the one kept, or the canonical archive made again from the snapshot. */
function layerBlob(service: Service, diffId: ImageRecord['diffIds'][number]): Descriptor {
  const layer = layerRecord(service, diffId)
  return keptBlob(service, layer) ?? { mediaType: mediaTypes.ociLayer, digest: diffId as string as Digest, size: layer.size }
}

async function* write(service: Service, saved: readonly Saved[]): AsyncGenerator<Uint8Array> {
  const written = new Set<Digest>()
  for (const directory of ['blobs/', 'blobs/sha256/']) yield encodeHeader(entry(directory, 'directory', 0))
  for (const { image, manifest } of saved) {
    for (const [index, blob] of manifest.manifest.layers.entries()) {
      if (written.has(blob.digest)) continue
      written.add(blob.digest)
      yield encodeHeader(entry(pathOf(blob.digest), 'file', blob.size))
      yield* bytesOf(service, image.diffIds[index]!, blob)
      yield Buffer.alloc(paddingAfter(blob.size))
    }
    for (const [digest, content] of [[image.id as string as Digest, await service.content.read({ digest: image.id })] as const, [manifest.descriptor.digest, manifest.content] as const]) {
      if (written.has(digest)) continue
      written.add(digest)
      yield* small(pathOf(digest), content)
    }
  }
  yield* small('index.json', text({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: saved.flatMap(indexEntries) }))
  yield* small('manifest.json', text(saved.map(manifestEntry)))
  yield* small('oci-layout', text({ imageLayoutVersion: '1.0.0' }))
  yield Buffer.alloc(1024)
}

async function* bytesOf(service: Service, diffId: ImageRecord['diffIds'][number], blob: Descriptor): AsyncGenerator<Uint8Array> {
  if (service.content.has(blob.digest)) return yield* (await service.content.open(blob)) as AsyncIterable<Uint8Array>
  const made = service.layers.diff(service.snapshots.changesOf({ chain: layerRecord(service, diffId).chain }))
  const verified = verifiedStream(blob)
  made.on('error', (error) => verified.destroy(error))
  verified.on('close', () => made.destroy())
  yield* made.pipe(verified) as AsyncIterable<Uint8Array>
}

function indexEntries({ names, manifest }: Saved): Descriptor[] {
  if (names.length === 0) return [manifest.descriptor]
  return names.map((name) => ({ ...manifest.descriptor, annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': parseReference(name).tag ?? '' } }))
}

const manifestEntry = ({ image, names, manifest }: Saved) => ({
  Config: pathOf(image.id as string as Digest),
  RepoTags: names.length > 0 ? names.map((name) => familiarName(parseReference(name))) : null,
  Layers: manifest.manifest.layers.map(({ digest }) => pathOf(digest)),
})

const pathOf = (digest: Digest) => `blobs/sha256/${hexOf(digest)}`
const text = (value: unknown) => Buffer.from(JSON.stringify(value))
const entry = (path: string, type: 'file' | 'directory', size: number) => ({ path, type, linkPath: '', mode: type === 'file' ? 0o644 : 0o755, uid: 0, gid: 0, size, mtime: 0, major: 0, minor: 0 })

function* small(path: string, content: Uint8Array): Generator<Uint8Array> {
  yield encodeHeader(entry(path, 'file', content.length))
  yield content
  yield Buffer.alloc(paddingAfter(content.length))
}
