import { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { chunksOf } from '#base/batches.ts'
import { endedBy } from '#base/ended-by.ts'
import { mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import { hexOf, type Digest } from '#shared/oci/digest.ts'
import type { Platform } from '#shared/oci/platform.ts'
import { familiarName, familiarRepository, findReference, formatReference, parseReference, repositoryName, withDefaultTag } from '#shared/oci/reference.ts'
import { encodeHeader, paddingAfter } from '../../core/layers/tar-format.ts'
import { isTag } from './image-filters.ts'
import type { ManifestBytes } from './image-manifest.ts'
import { layerRecord } from './layer-blobs.ts'
import type { ImageRecord } from './records.ts'
import { assertPlatform } from './resolve.ts'
import type { Service } from './service.ts'
import { publishImageEvent } from './tag-events.ts'
import { wholeImage } from './whole-image.ts'
import { verifiedStream } from '../../core/content/verified-stream.ts'

export interface SaveOptions {
  platform?: Platform
  /** What the image is called in the archive, whatever it is called here. */
  as?: readonly string[]
  signal?: AbortSignal
}

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
export async function saveImages(service: Service, names: readonly string[], { platform, as, signal }: SaveOptions = {}): Promise<Readable> {
  const wanted = select(service, names, platform)
  const saved: Saved[] = []
  for (const { name, image, tags } of wanted) saved.push({ image, names: as?.map((one) => formatReference(withDefaultTag(parseReference(one)))) ?? tags, manifest: await wholeImage(service, image, name, signal) })
  if (!as) for (const { image } of saved) publishImageEvent(service.events, 'save', image.id, undefined, image.id)
  const archive = Readable.from(write(service, saved), { objectMode: false, highWaterMark: 1 << 20 })
  return signal ? endedBy(signal, archive) : archive
}

interface Named {
  name: string
  image: ImageRecord
  tags: string[]
}

function select(service: Service, names: readonly string[], platform: Platform | undefined): Named[] {
  const wanted = new Map<string, Named>()
  for (const { name, image, tags } of names.flatMap((name) => named(service, name))) {
    assertPlatform(image, name, platform)
    const entry = wanted.get(image.id) ?? { name, image, tags: [] }
    wanted.set(image.id, entry)
    for (const tag of tags) if (!entry.tags.includes(tag)) entry.tags.push(tag)
  }
  return [...wanted.values()]
}

/** A name without a tag stands for all tags of its repository; an ID has no names in the archive. */
function named({ records }: Service, name: string): Named[] {
  const reference = findReference(name)
  if (reference && reference.tag === undefined && reference.digest === undefined) {
    const tags = records.names.list().filter((one) => isTag(one.name) && one.name.startsWith(`${repositoryName(reference)}:`))
    if (tags.length > 0) return tags.map((one) => ({ name, image: records.get(one.name), tags: [one.name] }))
    if (!records.find(name)) throw new EngineError('not-found', `No such image: ${name}`, { reason: 'no-such-image', hint: 'Pull it first.' })
  }
  const found = reference && records.findNamed(reference)
  return [{ name, image: records.get(name), tags: found && isTag(found.name) ? [found.name] : [] }]
}

/** An image's files carry its time, so that the same image gives the same archive. */
async function* write(service: Service, saved: readonly Saved[]): AsyncGenerator<Uint8Array> {
  const written = new Set<Digest>()
  for (const directory of ['blobs/', 'blobs/sha256/']) yield encodeHeader(entry(directory, 'directory', 0))
  for (const { image, manifest } of saved) {
    const time = Math.max(0, Math.floor((Date.parse(image.created) || 0) / 1000))
    for (const [index, blob] of manifest.manifest.layers.entries()) {
      if (written.has(blob.digest)) continue
      written.add(blob.digest)
      yield encodeHeader(entry(pathOf(blob.digest), 'file', blob.size, time))
      yield* bytesOf(service, image.diffIds[index]!, blob)
      yield Buffer.alloc(paddingAfter(blob.size))
    }
    for (const [digest, content] of [[image.id as string as Digest, await service.content.read({ digest: image.id })] as const, [manifest.descriptor.digest, manifest.content] as const]) {
      if (written.has(digest)) continue
      written.add(digest)
      yield* small(pathOf(digest), content, time)
    }
  }
  const ids = new Set(saved.map(({ image }) => image.id))
  yield* small('index.json', text({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: saved.flatMap(indexEntries) }))
  yield* small('manifest.json', text(saved.map((one) => manifestEntry(one, ids))))
  yield* small('oci-layout', text({ imageLayoutVersion: '1.0.0' }))
  if (saved.some(({ names }) => names.length > 0)) yield* small('repositories', text(repositories(saved)))
  yield Buffer.alloc(1024)
}

async function* bytesOf(service: Service, diffId: ImageRecord['diffIds'][number], blob: Descriptor): AsyncGenerator<Uint8Array> {
  if (service.content.has(blob.digest)) return yield* chunksOf(await service.content.open(blob))
  const made = service.layers.diff(service.snapshots.changesOf({ chain: layerRecord(service, diffId).chain }))
  const verified = verifiedStream(blob)
  made.on('error', (error) => verified.destroy(error))
  verified.on('close', () => made.destroy())
  yield* chunksOf(made.pipe(verified))
}

function indexEntries({ names, manifest }: Saved): Descriptor[] {
  if (names.length === 0) return [manifest.descriptor]
  return names.map((name) => ({ ...manifest.descriptor, annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': parseReference(name).tag ?? '' } }))
}

const manifestEntry = ({ image, names, manifest }: Saved, saved: ReadonlySet<string>) => ({
  Config: pathOf(image.id as string as Digest),
  RepoTags: names.length > 0 ? names.map((name) => familiarName(parseReference(name))) : null,
  Layers: manifest.manifest.layers.map(({ digest }) => pathOf(digest)),
  ...(image.parent !== undefined && saved.has(image.parent) && { Parent: image.parent }),
})

/** What archives said before manifest.json, for readers that still look for it: tags by repository, each with its topmost layer. */
function repositories(saved: readonly Saved[]): Record<string, Record<string, string>> {
  const found: Record<string, Record<string, string>> = {}
  for (const { image, names, manifest } of saved)
    for (const reference of names.map(parseReference)) found[familiarRepository(reference)] = { ...found[familiarRepository(reference)], [reference.tag ?? 'latest']: hexOf(manifest.manifest.layers.at(-1)?.digest ?? (image.id as string as Digest)) }
  return found
}

const pathOf = (digest: Digest) => `blobs/sha256/${hexOf(digest)}`
const text = (value: unknown) => Buffer.from(JSON.stringify(value))
const entry = (path: string, type: 'file' | 'directory', size: number, mtime = 0) => ({ path, type, linkPath: '', mode: type === 'file' ? 0o644 : 0o755, uid: 0, gid: 0, size, mtime, major: 0, minor: 0 })

function* small(path: string, content: Uint8Array, time = 0): Generator<Uint8Array> {
  yield encodeHeader(entry(path, 'file', content.length, time))
  yield content
  yield Buffer.alloc(paddingAfter(content.length))
}
