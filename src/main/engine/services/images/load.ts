import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { isIndexType, mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest, ImageId } from '#shared/oci/digest.ts'
import { familiarName, findReference, formatReference, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import { formatPlatform, type Platform } from '#shared/oci/platform.ts'
import { parseJson } from '../../../base/parse-json.ts'
import { decompressed, detectCompression } from '../../core/layers/decompress.ts'
import type { Lease } from '../../core/leases/leases.ts'
import { assertIsImage, parseManifest } from '../../core/registry/parse-manifest.ts'
import { chainsOf } from './chains.ts'
import { chooseManifest, isPlatform } from './choose-platform.ts'
import { removeBlobs } from './collect.ts'
import type { LoadedImage, LoadOptions } from './images-service.ts'
import { readArchive, type Archive, type ArchivedFile } from './read-archive.ts'
import { parseConfig } from './read-config.ts'
import type { ImageRecord } from './records.ts'
import { registerImage } from './register.ts'
import type { Service } from './service.ts'
import { publishImageEvent } from './tag-events.ts'
import { unpackLayers } from './unpack-layers.ts'

/** An image as an archive describes it. */
interface Described {
  config: ArchivedFile
  /** Only the path of one that the archive leaves out: it must be here already. */
  layers: (ArchivedFile | string)[]
  names: string[]
  manifest?: Descriptor
  /** The image it says it was built on. */
  parent?: string
}

/** Takes in every image of a docker-archive or OCI layout, in any compression. */
export async function loadImages(service: Service, source: Readable, { platform, signal, onProgress }: LoadOptions = {}): Promise<LoadedImage[]> {
  using lease = service.leases.open('load')
  const archive = await readArchive(service, await decompressed(source), lease, signal)
  const loaded: LoadedImage[] = []
  try {
    const images = archive.find('manifest.json') ? await fromDockerArchive(service, archive) : await fromLayout(service, archive, platform ?? service.platform)
    for (const described of images) loaded.push(await loadOne(service, described, lease, { ...(platform && { platform }), ...(signal && { signal }), ...(onProgress && { onProgress }) }))
    images.forEach(({ parent }, index) => parent !== undefined && adopt(service, loaded[index]!.id, parent))
  } finally {
    lease[Symbol.dispose]()
    await removeBlobs(service, archive.digests)
  }
  return loaded
}

/** Believes in a parent that is here and whose layers the image begins with. */
function adopt({ records }: Service, id: ImageId, parent: string): void {
  const [image, claimed] = [records.images.find(id), records.images.find(parent)]
  if (!image || !claimed || claimed.id === id || image.parent !== undefined || claimed.diffIds.length > image.diffIds.length) return
  if (isDescendant(records, claimed, id) || claimed.diffIds.some((diffId, index) => diffId !== image.diffIds[index])) return
  records.images.put(id, { ...image, parent: claimed.id })
}

/** Whether `image` is built on `ancestor`, which then cannot be built on it. */
function isDescendant({ images }: Service['records'], image: ImageRecord, ancestor: ImageId): boolean {
  for (let at: ImageRecord | undefined = image; at; at = at.parent === undefined ? undefined : images.find(at.parent)) if (at.id === ancestor) return true
  return false
}

/** The docker-archive's manifest.json; the manifests of an index.json beside it are kept, so that the image keeps its digest. */
async function fromDockerArchive(service: Service, archive: Archive): Promise<Described[]> {
  const entries = await readJson(service, archive.get('manifest.json'))
  if (!Array.isArray(entries)) throw invalid('manifest.json is not a list')
  const manifests = archive.find('index.json') ? await manifestsByConfig(service, archive) : new Map<Digest, Descriptor>()
  return (entries as Record<string, unknown>[]).map(({ Config, RepoTags, Layers, Parent }) => {
    const [paths, tags] = [Layers ?? [], RepoTags ?? []]
    if (typeof Config !== 'string' || !isTexts(paths) || !isTexts(tags)) throw invalid('an entry of manifest.json is not complete')
    const config = archive.get(Config)
    const manifest = manifests.get(config.digest)
    return { config, layers: paths.map((path) => archive.find(path) ?? path), names: tags, ...(manifest && { manifest }), ...(typeof Parent === 'string' && { parent: Parent }) }
  })
}

async function manifestsByConfig(service: Service, archive: Archive): Promise<Map<Digest, Descriptor>> {
  const found = new Map<Digest, Descriptor>()
  for (const descriptor of await layoutEntries(service, archive)) {
    const parsed = isIndexType(descriptor.mediaType) || !service.content.has(descriptor.digest) ? undefined : parseManifest(await service.content.read(descriptor), descriptor.mediaType)
    if (parsed?.kind === 'manifest') found.set(parsed.manifest.config.digest, { mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size })
  }
  return found
}

async function layoutEntries(service: Service, archive: Archive): Promise<Descriptor[]> {
  const index = archive.get('index.json')
  const parsed = parseManifest(await service.content.read(index), mediaTypes.ociIndex)
  return parsed.kind === 'index' ? parsed.index.manifests : []
}

async function fromLayout(service: Service, archive: Archive, platform: Platform): Promise<Described[]> {
  if (!archive.find('index.json')) throw invalid('neither manifest.json nor index.json is in it')
  const found = new Map<Digest, Described>()
  for (const entry of await layoutEntries(service, archive)) {
    const name = entry.annotations?.['io.containerd.image.name'] ?? fullName(entry.annotations?.['org.opencontainers.image.ref.name'])
    const described = await describe(service, archive, entry, platform)
    const known = found.get(described.manifest!.digest) ?? described
    found.set(described.manifest!.digest, { ...known, names: [...known.names, ...(name === undefined ? [] : [name])] })
  }
  return [...found.values()]
}

/** A reference name may be a whole image name, or only a tag that says nothing without one. */
const fullName = (name: string | undefined) => (name !== undefined && /[/:]/.test(name) && findReference(name) ? name : undefined)

async function describe(service: Service, archive: Archive, entry: Descriptor, platform: Platform): Promise<Described> {
  const file = archive.get(blobPath(entry.digest))
  const parsed = parseManifest(await service.content.read(entry), entry.mediaType)
  if (parsed.kind === 'index') return describe(service, archive, chooseManifest(parsed.index, platform, 'the image'), platform)
  assertIsImage(parsed.manifest)
  const { mediaType } = entry
  return { config: archive.get(blobPath(parsed.manifest.config.digest)), layers: parsed.manifest.layers.map(({ digest }) => archive.get(blobPath(digest))), names: [], manifest: { mediaType, digest: file.digest, size: file.size } }
}

const blobPath = (digest: Digest) => `blobs/sha256/${digest.slice('sha256:'.length)}`

async function loadOne(service: Service, { config: file, layers, names, manifest }: Described, lease: Lease, { platform, signal, onProgress }: LoadOptions): Promise<LoadedImage> {
  const { content, records, events } = service
  const config = parseConfig(await content.read(file))
  if (platform && !isPlatform(config, platform)) throw new EngineError('not-found', `the archive holds an image for ${formatPlatform(config)}, and not for ${formatPlatform(platform)}`, { reason: 'no-platform' })
  const diffIds = config.rootfs.diff_ids
  if (diffIds.length !== layers.length) throw invalid(`${diffIds.length} diff IDs for ${layers.length} layers`)
  const references = names.map((name) => withDefaultTag(parseReference(name)))
  const chains = chainsOf(diffIds)
  for (const chain of chains) lease.hold(chain)
  assertWhole(service, layers, chains)
  const blobs = layers.map((file) => (typeof file === 'string' ? undefined : { mediaType: layerType(file.head), digest: file.digest, size: file.size }))
  await unpackLayers(service, diffIds, blobs, { ...(signal && { signal }), ...(onProgress && { onProgress }) })
  const id = file.digest as string as ImageId
  const taken = references.flatMap((reference) => {
    const from = records.names.find(formatReference(reference))?.image
    return from === undefined || from === id ? [] : [{ name: familiarName(reference), from }]
  })
  const image = registerImage(records, { id, config, ...(manifest && { manifest }), names: references.map((reference) => ({ name: formatReference(reference) })) })
  publishImageEvent(events, 'load', id, image, id)
  return { id, names: references.map(familiarName), taken }
}

/** As Docker does, an archive may leave out layers that are here; whoever copies images between engines sends them once. */
function assertWhole({ snapshots }: Service, layers: Described['layers'], chains: ReturnType<typeof chainsOf>): void {
  const missing = layers.find((file, index) => typeof file === 'string' && !snapshots.has(chains[index]!))
  if (missing !== undefined) throw invalid(`it has no file ${JSON.stringify(String(missing).slice(0, 300))}`)
}

function layerType(head: Buffer): string {
  const compression = detectCompression(head)
  return compression === 'gzip' ? mediaTypes.ociLayerGzip : compression === 'zstd' ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer
}

async function readJson({ content }: Service, file: ArchivedFile): Promise<unknown> {
  try {
    return parseJson(Buffer.from(await content.read(file)).toString('utf8'))
  } catch (cause) {
    if (cause instanceof EngineError) throw cause
    throw invalid('manifest.json is not JSON')
  }
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')
const invalid = (what: string) => new EngineError('invalid-argument', `invalid archive: ${what}`, { reason: 'invalid-archive' })
