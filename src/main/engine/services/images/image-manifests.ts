import { isIndexType, type Descriptor } from '#shared/oci/descriptor.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import type { Index } from '#shared/oci/manifest.ts'
import { parseManifest } from '../../core/registry/parse-manifest.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'

/** One manifest of what a name stands for: of an index each, otherwise the only one. */
export interface ImageManifest {
  descriptor: Descriptor
  /** An attestation belongs to another manifest; unknown is anything that is no image of Linux or another system. */
  kind: 'image' | 'attestation' | 'unknown'
  attests?: string
  /** The image it is here, if it was pulled. */
  image?: ImageRecord
  /** Made from it, by id. */
  containers: string[]
  /** Bytes of its blobs that are kept here. */
  contentSize: number
}

/** What the index an image came from lists, when it is kept; else the manifest of the image. Empty for one that was never pulled or pushed. */
export async function manifestsOf(service: Service, image: ImageRecord): Promise<ImageManifest[]> {
  const index = await keptIndex(service, image)
  const descriptors = index?.manifests ?? (image.manifest ? [{ ...image.manifest, platform: image.platform }] : [])
  const here = new Map(service.records.images.list().flatMap((one) => (one.manifest ? [[one.manifest.digest, one] as const] : [])))
  return descriptors.map((descriptor) => {
    const found = here.get(descriptor.digest)
    const attests = descriptor.annotations?.['vnd.docker.reference.digest']
    const isAttestation = descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
    return {
      descriptor,
      kind: isAttestation ? ('attestation' as const) : descriptor.platform?.os === 'unknown' ? ('unknown' as const) : ('image' as const),
      ...(isAttestation && attests !== undefined && { attests }),
      ...(found && { image: found }),
      containers: found ? service.needs.containersUsing(found.id).map(({ id }) => id) : [],
      contentSize: found ? keptBytes(service, found, descriptor) : 0,
    }
  })
}

async function keptIndex({ records, content }: Service, image: ImageRecord): Promise<Index | undefined> {
  for (const { target } of records.namesOf(image.id)) {
    if (!target || !isIndexType(target.mediaType) || !content.has(target.digest)) continue
    const parsed = parseManifest(await content.read(target), target.mediaType)
    if (parsed.kind === 'index') return parsed.index
  }
  return undefined
}

function keptBytes({ records, content }: Service, image: ImageRecord, descriptor: Descriptor): number {
  const sizeOf = (digest: Descriptor['digest'] | ImageId) => (content.has(digest) ? content.sizeOf(digest) : 0)
  const layers = image.diffIds.flatMap((diffId) => records.layers.find(diffId)?.blob ?? [])
  return sizeOf(descriptor.digest) + sizeOf(image.id) + layers.reduce((sum, { digest }) => sum + sizeOf(digest), 0)
}
