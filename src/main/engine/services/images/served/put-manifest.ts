import { EngineError, messageOf } from '#shared/errors.ts'
import { isIndexType, isManifestType, mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import { isDigest, type Digest, type ImageId } from '#shared/oci/digest.ts'
import type { ImageConfig } from '#shared/oci/image-config.ts'
import type { Index, Manifest } from '#shared/oci/manifest.ts'
import { familiarName, parseReference } from '#shared/oci/reference.ts'
import { digestOf } from '../../../core/content/blob-reader.ts'
import { mismatch } from '../../../core/content/verified-stream.ts'
import type { Lease } from '../../../core/leases/leases.ts'
import { assertIsImage, parseManifest, type ParsedManifest } from '../../../core/registry/parse-manifest.ts'
import { chainsOf } from '../chains.ts'
import { chooseManifest } from '../choose-platform.ts'
import { parseConfig } from '../read-config.ts'
import type { ImageRecord, KeptManifest } from '../records.ts'
import { registerImage } from '../register.ts'
import type { Service } from '../service.ts'
import { publishImageEvent } from '../tag-events.ts'
import { unpackLayers } from '../unpack-layers.ts'
import { describedHere } from './find-manifest.ts'
import { keptKey, takeTagFromKept } from './kept-manifests.ts'
import type { PushedBlobs } from './pushed-blobs.ts'
import type { Repository } from './repository-name.ts'

export interface PutRequest {
  content: Uint8Array
  /** As the client says; empty when it does not. */
  mediaType: string
  signal?: AbortSignal
}
export interface PutResult {
  descriptor: Descriptor
  /** The manifest it says it is about. */
  subject?: Digest
  /** Why it is served and yet no image of the engine. */
  warning?: string
}

const TAG = /^\w[\w.-]{0,127}$/

/** The end of a push: every part is here and is what it says, then the image is there in one step, with its layers unpacked. */
export async function putManifest(service: Service, pushed: PushedBlobs, repository: Repository, reference: string, { content, mediaType, signal }: PutRequest): Promise<PutResult> {
  const digest = digestOf(content)
  const tag = isDigest(reference) ? undefined : reference
  if (tag === undefined && reference !== digest) throw mismatch({ digest: reference }, `digest ${digest}`)
  if (tag !== undefined && !TAG.test(tag)) throw new EngineError('invalid-argument', `invalid tag ${JSON.stringify(tag.slice(0, 100))}`, { reason: 'invalid-tag' })
  const parsed = parseManifest(content, mediaType)
  const descriptor: Descriptor = { mediaType: typeOf(parsed, mediaType), digest, size: content.length }
  const subject = subjectOf(content)

  using lease = service.leases.open(`push ${repository.name}`)
  const parts = partsOf(parsed)
  for (const one of [digest, ...parts.map((part) => part.digest)]) lease.hold(one)
  assertAllHere(service, repository, parsed, parts)
  await service.content.put(content)

  const pushing: Pushing = { service, repository, tag, descriptor, lease, ...(signal && { signal }) }
  const outcome = parsed.kind === 'index' ? nameIndex(pushing, parsed.index) : await takeImage(pushing, parsed.manifest)
  const isImage = typeof outcome !== 'string'
  if (!isImage || subject !== undefined || parsed.kind === 'index') keep(pushing, parsed, subject, isImage)
  pushed.release(parts.map((part) => part.digest))
  if (isImage) publishImageEvent(service.events, 'load', outcome.id, outcome, tag === undefined ? outcome.id : familiarName(parseReference(`${repository.local}:${tag}`)))
  return { descriptor, ...(subject !== undefined && { subject }), ...(!isImage && outcome !== '' && { warning: outcome }) }
}

interface Pushing {
  service: Service
  repository: Repository
  tag: string | undefined
  descriptor: Descriptor
  lease: Lease
  signal?: AbortSignal
}

const partsOf = (parsed: ParsedManifest): Descriptor[] => (parsed.kind === 'index' ? parsed.index.manifests : [parsed.manifest.config, ...parsed.manifest.layers])

function typeOf(parsed: ParsedManifest, said: string): string {
  if (isIndexType(said) || isManifestType(said)) return said
  return parsed.kind === 'index' ? (parsed.index.mediaType ?? mediaTypes.ociIndex) : (parsed.manifest.mediaType ?? mediaTypes.ociManifest)
}

/** @throws invalid-argument */
function subjectOf(content: Uint8Array): Digest | undefined {
  const { subject } = JSON.parse(Buffer.from(content).toString('utf8')) as { subject?: { digest?: unknown } | null }
  if (subject === undefined || subject === null) return undefined
  if (typeof subject.digest === 'string' && isDigest(subject.digest)) return subject.digest
  throw new EngineError('invalid-argument', 'invalid manifest: subject has no digest', { reason: 'invalid-manifest' })
}

/** @throws failed-precondition (part-unknown) with the digests as its cause; data-loss when a part has another size. */
function assertAllHere({ content, records }: Service, repository: Repository, parsed: ParsedManifest, parts: readonly Descriptor[]): void {
  const isHere = ({ digest, mediaType }: Descriptor) => (parsed.kind === 'index' ? content.has(digest) && describedHere({ records }, repository, digest) !== undefined : content.has(digest) || /nondistributable|foreign/.test(mediaType))
  const missing = parts.filter((part) => !isHere(part)).map(({ digest }) => digest)
  if (missing.length > 0) throw new EngineError('failed-precondition', `the manifest names what is not here: ${missing.join(', ')}`, { reason: 'part-unknown', hint: 'Push the parts first.', cause: missing })
  for (const { digest, size } of parts) if (content.has(digest) && content.sizeOf(digest) !== size) throw mismatch({ digest }, `${content.sizeOf(digest)} bytes instead of ${size}`)
}

/** The image, or why there is none; nothing is said of what does not mean to be one. */
async function takeImage({ service, repository, tag, descriptor, lease, signal }: Pushing, manifest: Manifest): Promise<ImageRecord | string> {
  const config = await runnable(service, manifest)
  if (typeof config === 'string') return config
  for (const chain of chainsOf(config.rootfs.diff_ids)) lease.hold(chain)
  await unpackLayers(service, config.rootfs.diff_ids, manifest.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })), { ...(signal && { signal }) })
  return service.records.transaction(() => {
    if (tag !== undefined) takeTagFromKept(service.records, repository.local, tag)
    return registerImage(service.records, { id: manifest.config.digest as string as ImageId, config, manifest: descriptor, blobs: manifest.layers.map(({ digest }) => digest), names: namesFor(repository, tag, descriptor) })
  })
}

/** The config of an image that this engine could run. */
async function runnable({ content }: Service, manifest: Manifest): Promise<ImageConfig | string> {
  try {
    assertIsImage(manifest)
  } catch {
    return ''
  }
  if (!manifest.layers.every(({ digest }) => content.has(digest))) return 'not an image of this engine: some of its layers are to be had elsewhere'
  let config: ImageConfig
  try {
    config = parseConfig(await content.read(manifest.config))
  } catch (error) {
    return `not an image of this engine: ${messageOf(error)}`
  }
  if (config.os !== 'linux') return `not an image of this engine: it is for ${config.os}`
  const count = config.rootfs.diff_ids.length
  return count === manifest.layers.length ? config : `not an image of this engine: its config knows of ${count} layers, its manifest of ${manifest.layers.length}`
}

/** An index gives its name to the image of this machine in it, if there is one. */
function nameIndex({ service, repository, tag, descriptor }: Pushing, index: Index): ImageRecord | string {
  const { records, platform } = service
  let chosen: Descriptor
  try {
    chosen = chooseManifest(index, platform, repository.name)
  } catch {
    return ''
  }
  const image = records.images.list().find(({ manifest }) => manifest?.digest === chosen.digest)
  if (!image) return ''
  records.transaction(() => {
    if (tag !== undefined) takeTagFromKept(records, repository.local, tag)
    for (const name of namesFor(repository, tag, descriptor)) {
      records.names.delete(name.name)
      records.names.put(name.name, { ...name, image: image.id })
    }
    if (tag !== undefined) records.images.put(image.id, { ...image, lastTagTime: new Date().toISOString() })
  })
  return image
}

const namesFor = ({ local }: Repository, tag: string | undefined, descriptor: Descriptor) => [...(tag === undefined ? [] : [{ name: `${local}:${tag}`, target: descriptor }]), { name: `${local}@${descriptor.digest}`, target: descriptor }]

/** Writes down what is served beside the images. The tag is an image's, or goes with it. */
function keep({ service, repository: { local }, tag, descriptor }: Pushing, parsed: ParsedManifest, subject: Digest | undefined, isImage: boolean): void {
  const { records } = service
  const document = parsed.kind === 'index' ? parsed.index : parsed.manifest
  const artifactType = ('artifactType' in document ? document.artifactType : undefined) ?? (parsed.kind === 'manifest' ? parsed.manifest.config.mediaType : undefined)
  records.transaction(() => {
    if (tag !== undefined) takeTagFromKept(records, local, tag)
    const before = records.kept.find(keptKey(local, descriptor.digest))
    const kept: KeptManifest = {
      repository: local,
      descriptor,
      tags: [...(before?.tags ?? []), ...(tag === undefined || isImage ? [] : [tag])],
      ...(typeof artifactType === 'string' && artifactType !== '' && { artifactType }),
      ...(document.annotations && { annotations: document.annotations }),
      ...(subject !== undefined && { subject }),
      blobs: partsOf(parsed).map(({ digest }) => digest),
      pushedAt: Date.now(),
    }
    records.kept.put(keptKey(local, descriptor.digest), kept)
    if (tag !== undefined && !isImage) untag(service, `${local}:${tag}`)
  })
}

/** A tag that stood for an image stands for something else now. */
function untag({ records, events }: Service, name: string): void {
  const found = records.names.find(name)
  if (!found) return
  records.names.delete(name)
  publishImageEvent(events, 'untag', found.image, records.images.find(found.image), found.image)
}
