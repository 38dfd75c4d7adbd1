import { EngineError, isEngineError } from '#shared/errors.ts'
import { mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import { shortId, type DiffId, type Digest } from '#shared/oci/digest.ts'
import { dropDamaged, dropIfNew } from './drop-damaged.ts'
import { makeManifest, originalManifest, type ManifestBytes } from './image-manifest.ts'
import { keptBlob, layerRecord } from './layer-blobs.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'

/**
 * What an archive of the image is to hold, every byte of it looked at: once the archive is being sent nothing can be said any more. Packed layers that are damaged go,
 * and are made again from their files where these give the same. Of layers that were made here the files are all there is; they are looked at while they are sent.
 * @throws data-loss (image-damaged)
 */
export async function wholeImage(service: Service, image: ImageRecord, name: string, signal: AbortSignal | undefined): Promise<ManifestBytes> {
  await service.content.read({ digest: image.id }).catch((error: unknown) => Promise.reject(isEngineError(error, 'not-found') || isEngineError(error, 'data-loss') ? refusal(name, 'its configuration is damaged or missing', error) : error))
  if (image.manifest) await dropDamaged(service, image.manifest.digest, signal)
  let manifest = await manifestOf(service, image)
  while (await dropOneDamaged(service, manifest.manifest.layers, signal)) manifest = await manifestOf(service, image)
  for (const [index, { digest }] of manifest.manifest.layers.entries()) if (!service.content.has(digest)) await assertMadeAgain(service, image.diffIds[index]!, name, signal)
  return manifest
}

const manifestOf = async (service: Service, image: ImageRecord): Promise<ManifestBytes> => (await originalManifest(service, image)) ?? makeManifest(service, image.id, image.diffIds.map((diffId) => layerBlob(service, diffId)), 'oci')

/** The blob as it goes into an archive: the one kept, or the canonical archive made again from the snapshot. */
function layerBlob(service: Service, diffId: DiffId): Descriptor {
  const layer = layerRecord(service, diffId)
  return keptBlob(service, layer) ?? { mediaType: mediaTypes.ociLayer, digest: diffId as string as Digest, size: layer.size }
}

async function dropOneDamaged(service: Service, blobs: readonly Descriptor[], signal: AbortSignal | undefined): Promise<boolean> {
  for (const { digest } of blobs) if (await dropIfNew(service, digest, signal)) return true
  return false
}

/** One that came from elsewhere may have been packed by another program, in a form that its files do not give. */
async function assertMadeAgain({ records, layers, snapshots }: Service, diffId: DiffId, name: string, signal: AbortSignal | undefined): Promise<void> {
  const { blob, chain } = records.layers.find(diffId)!
  if (!blob) return
  const same = await layers.measure(snapshots.changesOf({ chain }), signal ? { signal } : {}).then((made) => made.diffId === diffId, () => false)
  signal?.throwIfAborted()
  if (!same) throw refusal(name, `its layer ${shortId(blob.digest)} is damaged or missing`)
}

const refusal = (name: string, part: string, cause?: unknown) => new EngineError('data-loss', `image ${name} cannot be saved: ${part}`, { reason: 'image-damaged', hint: 'Pull it again, which brings only what is missing; one that was built here has to be built again.', cause })
