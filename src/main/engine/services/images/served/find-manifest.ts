import { EngineError } from '#shared/errors.ts'
import { isIndexType, type Descriptor } from '#shared/oci/descriptor.ts'
import { isDigest, type Digest } from '#shared/oci/digest.ts'
import { parseManifest } from '../../../core/registry/parse-manifest.ts'
import { makeManifest, originalManifest, type ManifestBytes } from '../image-manifest.ts'
import { compressedBlob } from '../layer-blobs.ts'
import type { ImageRecord, NameRecord } from '../records.ts'
import type { Service } from '../service.ts'
import { keptIn, namesIn } from './catalog.ts'
import { keptKey } from './kept-manifests.ts'
import type { Repository } from './repository-name.ts'

export interface ServedManifest {
  descriptor: Descriptor
  content: Uint8Array
}

interface Wanted {
  /** Media types, as the client's Accept headers say; undefined for any. */
  accepted: readonly string[] | undefined
  signal?: AbortSignal
}

/** @throws not-found */
export async function findManifest(service: Service, repository: Repository, reference: string, wanted: Wanted): Promise<ServedManifest> {
  if (isDigest(reference)) return await byDigest(service, repository, reference)
  const found = await byTag(service, repository, reference, wanted)
  if (accepts(wanted, found.descriptor.mediaType)) return found
  throw new EngineError('not-found', `${repository.name}:${reference} is of the type ${found.descriptor.mediaType}, which the client does not accept`, { reason: 'no-such-manifest' })
}

async function byDigest(service: Service, repository: Repository, digest: Digest): Promise<ServedManifest> {
  const descriptor = describedHere(service, repository, digest)
  if (!descriptor || !service.content.has(digest)) throw unknown(repository, digest)
  return await stored(service, descriptor)
}

/** The manifest or index of that digest, when something of the repository is known by it. */
export function describedHere({ records }: Pick<Service, 'records'>, repository: Repository, digest: Digest): Descriptor | undefined {
  const kept = records.kept.find(keptKey(repository.local, digest))
  if (kept) return kept.descriptor
  for (const { image, target } of namesIn(records, repository)) {
    if (target?.digest === digest) return target
    const manifest = records.images.find(image)?.manifest
    if (manifest?.digest === digest) return manifest
  }
  return undefined
}

async function byTag(service: Service, repository: Repository, tag: string, wanted: Wanted): Promise<ServedManifest> {
  const { records } = service
  const name = records.names.find(`${repository.local}:${tag}`)
  const image = name && records.images.find(name.image)
  if (image) return (await asNamed(service, name, image, wanted)) ?? (await ownManifest(service, image, wanted))
  const kept = keptIn(records, repository).find(({ tags }) => tags.includes(tag))
  if (!kept) throw unknown(repository, tag)
  return await stored(service, kept.descriptor)
}

/** What the name stands for, if all that it takes is here: an index only with this machine's image, and only for who accepts one. */
async function asNamed(service: Service, { target }: NameRecord, image: ImageRecord, wanted: Wanted): Promise<ServedManifest | undefined> {
  if (!target || !service.content.has(target.digest) || !accepts(wanted, target.mediaType)) return undefined
  if (!isIndexType(target.mediaType)) return (await originalManifest(service, { ...image, manifest: target })) && (await stored(service, target))
  const found = await stored(service, target)
  const parsed = parseManifest(found.content, target.mediaType)
  const isListed = parsed.kind === 'index' && parsed.index.manifests.some(({ digest }) => digest === image.manifest?.digest)
  return isListed && (await originalManifest(service, image)) ? found : undefined
}

/** The manifest the image came with; of one that was made here it is made, once, and written down. */
async function ownManifest(service: Service, image: ImageRecord, wanted: Wanted): Promise<ServedManifest> {
  const original = await originalManifest(service, image)
  if (original) return original
  return await service.shared.join(`manifest/${image.id}`, { signal: wanted.signal }, (signal) => writeManifest(service, image, formFor(wanted), signal))
}

async function writeManifest(service: Service, image: ImageRecord, form: 'docker' | 'oci', signal: AbortSignal): Promise<ManifestBytes> {
  const { records, leases, content } = service
  using lease = leases.open(`serve ${image.id}`)
  lease.hold(image.id)
  if (image.chain !== undefined) lease.hold(image.chain)
  const layers = await Promise.all(
    image.diffIds.map(async (diffId) => {
      using _place = await service.uploads.enter()
      return await compressedBlob(service, diffId, lease, signal)
    }),
  )
  const made = makeManifest(service, image.id, layers, form)
  lease.hold(made.descriptor.digest)
  await content.put(made.content)
  const current = records.images.find(image.id)
  if (!current) throw new EngineError('not-found', `image ${image.id} was removed while it was made ready`, { reason: 'no-such-manifest' })
  records.images.put(image.id, { ...current, manifest: made.descriptor })
  return made
}

const formFor = ({ accepted }: Wanted) => (accepted === undefined || accepted.some((type) => type.startsWith('application/vnd.docker.') || type.includes('*')) ? 'docker' : 'oci')

const accepts = ({ accepted }: Wanted, mediaType: string): boolean => accepted === undefined || accepted.some((type) => type === mediaType || type === '*/*' || type === 'application/*')

const stored = async ({ content }: Service, descriptor: Descriptor): Promise<ServedManifest> => ({ descriptor, content: await content.read(descriptor) })

const unknown = (repository: Repository, reference: string) => new EngineError('not-found', `no manifest ${reference} in ${repository.name}`, { reason: 'no-such-manifest' })
