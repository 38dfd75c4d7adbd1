import { EngineError } from '#shared/errors.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import { shortId, type DiffId } from '#shared/oci/digest.ts'
import { familiarName, familiarRepository, formatReference, parseReference, repositoryName, withDefaultTag, type Reference } from '#shared/oci/reference.ts'
import type { Lease } from '../../core/leases/leases.ts'
import type { Repository } from '../../core/registry/registry.ts'
import { makeManifest, originalManifest, type ManifestBytes } from './image-manifest.ts'
import { isTag } from './image-filters.ts'
import type { PushRequest } from './images-service.ts'
import { compressedBlob } from './layer-blobs.ts'
import { putName } from './register.ts'
import { neighbours, rememberRepository } from './repositories.ts'
import type { ImageRecord } from './records.ts'
import { assertPlatform } from './resolve.ts'
import type { Service } from './service.ts'
import { publishImageEvent } from './tag-events.ts'

/** Sends one name, or every tag of the repository. What the registry has already is not sent again. */
export async function pushImage(service: Service, name: string, options: PushRequest = {}): Promise<void> {
  const named = parseReference(name)
  if (named.digest !== undefined) throw new EngineError('invalid-argument', 'cannot push a digest reference', { reason: 'digest-push' })
  options.onProgress?.({ status: `The push refers to repository [${repositoryName(named)}]` })
  const references = pushed(service, named, options)
  for (const reference of references) assertPlatform(service.records.get(formatReference(reference)), familiarName(reference), options.platform)
  const repository = service.registry.repository(named, options.auth)
  for (const reference of references) await pushOne(service, repository, reference, options)
}

function pushed({ records }: Service, parsed: Reference, { tag, allTags }: PushRequest): Reference[] {
  const tags = records.names.list().filter((one) => isTag(one.name) && one.name.startsWith(`${repositoryName(parsed)}:`))
  const absent = new EngineError('not-found', `An image does not exist locally with the tag: ${familiarRepository(parsed)}`, { reason: 'no-such-image' })
  if (!allTags) {
    const reference = withDefaultTag(tag === undefined ? parsed : { ...parsed, tag })
    if (!records.names.find(formatReference(reference))) throw tags.length === 0 ? absent : new EngineError('not-found', `tag does not exist: ${familiarName(reference)}`, { reason: 'no-such-image' })
    return [reference]
  }
  if (tags.length === 0) throw absent
  return tags.map((one) => parseReference(one.name))
}

async function pushOne(service: Service, repository: Repository, reference: Reference, options: PushRequest): Promise<void> {
  const { records, events, content, leases } = service
  using lease = leases.open(`push ${formatReference(reference)}`)
  const image = records.get(formatReference(reference))
  lease.hold(image.id)
  for (const diffId of image.diffIds) options.onProgress?.({ id: shortId(diffId), status: 'Preparing' })

  const known = await originalManifest(service, image)
  const blobs = await pushLayers(service, repository, reference, image, known, lease, options)
  const { manifest, descriptor, content: bytes } = known ?? makeManifest(service, image.id, blobs, 'docker')
  if (!(await repository.hasBlob(manifest.config.digest, options.signal))) await repository.pushBlob(manifest.config, () => content.open(manifest.config), signalOf(options))
  await repository.pushManifest(reference.tag!, descriptor.mediaType, bytes, options.signal)

  lease.hold(descriptor.digest)
  await content.put(bytes)
  records.transaction(() => {
    records.images.put(image.id, { ...(records.images.find(image.id) ?? image), manifest: descriptor })
    const { tag: _, ...bare } = reference
    putName(records, { name: formatReference({ ...bare, digest: descriptor.digest }), image: image.id, target: descriptor })
  })
  options.onProgress?.({ status: `${reference.tag}: digest: ${descriptor.digest} size: ${descriptor.size}` })
  options.onProgress?.({ status: '', aux: { Tag: reference.tag, Digest: descriptor.digest, Size: descriptor.size } })
  publishImageEvent(events, 'push', familiarName(reference), image, familiarRepository(reference))
}

/** All layers, several at a time; gives their blobs from the bottom. */
async function pushLayers(service: Service, repository: Repository, reference: Reference, image: ImageRecord, known: ManifestBytes | undefined, lease: Lease, options: PushRequest): Promise<Descriptor[]> {
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  const jobs = image.diffIds.map(async (diffId, index) => {
    try {
      return await pushLayer(service, repository, reference, diffId, known?.manifest.layers[index], lease, { ...options, signal })
    } catch (error) {
      stop.abort()
      throw error
    }
  })
  const results = await Promise.allSettled(jobs)
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failed.length > 0) throw failed.find((error) => !(error instanceof EngineError && error.code === 'cancelled')) ?? failed[0]
  return results.map((result) => (result as PromiseFulfilledResult<Descriptor>).value)
}

async function pushLayer(service: Service, repository: Repository, reference: Reference, diffId: DiffId, known: Descriptor | undefined, lease: Lease, options: PushRequest): Promise<Descriptor> {
  const id = shortId(diffId)
  const report = options.onProgress ?? (() => {})
  using _place = await service.uploads.enter()
  const blob = known ?? (await compressedBlob(service, diffId, lease, options.signal))
  lease.hold(blob.digest)
  const outcome = await service.shared.join(`push/${repositoryName(reference)}/${blob.digest}`, { signal: options.signal }, (signal) => sendLayer(service, repository, reference, diffId, blob, { ...options, signal }))
  report({ id, status: outcome })
  rememberRepository(service.records, diffId, reference)
  return blob
}

async function sendLayer(service: Service, repository: Repository, reference: Reference, diffId: DiffId, blob: Descriptor, options: PushRequest): Promise<string> {
  const id = shortId(diffId)
  if (await repository.hasBlob(blob.digest, options.signal)) return 'Layer already exists'
  for (const from of neighbours(service.records, diffId, reference)) if (await repository.mountBlob(blob.digest, from, options.signal)) return `Mounted from ${from}`
  let last = 0
  await repository.pushBlob(blob, () => service.content.open(blob), {
    ...signalOf(options),
    onProgress: (current) => {
      if (performance.now() - last < 100 && current < blob.size) return
      last = performance.now()
      options.onProgress?.({ id, status: 'Pushing', current, total: blob.size })
    },
  })
  return 'Pushed'
}

const signalOf = ({ signal }: PushRequest) => (signal ? { signal } : {})
