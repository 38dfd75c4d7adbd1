import { join } from 'node:path'
import { rm } from 'node:fs/promises'
import { EngineError } from '#shared/errors.ts'
import { mediaTypes, type Descriptor } from '#shared/oci/descriptor.ts'
import type { DiffId } from '#shared/oci/digest.ts'
import type { Lease } from '../../core/leases/leases.ts'
import { removeBlobs } from './collect.ts'
import type { LayerRecord } from './records.ts'
import type { Service } from './service.ts'

/** @throws data-loss */
export function layerRecord({ records }: Service, diffId: DiffId): LayerRecord {
  const found = records.layers.find(diffId)
  if (!found) throw new EngineError('data-loss', `nothing is known of layer ${diffId}`, { reason: 'no-such-layer' })
  return found
}

/** The blob of a layer, if it is still kept. */
export const keptBlob = ({ content }: Service, layer: LayerRecord): Descriptor | undefined => (layer.blob && content.has(layer.blob.digest) ? layer.blob : undefined)

const isPlain = ({ mediaType }: Descriptor) => mediaType === mediaTypes.ociLayer || mediaType === mediaTypes.dockerLayer

/**
 * A compressed blob of the layer for a registry: the one that was pulled, or one made now and kept, so that the next push has it.
 * @throws data-loss when the snapshot no longer gives the layer it was.
 */
export async function compressedBlob(service: Service, diffId: DiffId, lease: Lease, signal: AbortSignal | undefined): Promise<Descriptor> {
  const layer = layerRecord(service, diffId)
  const kept = keptBlob(service, layer)
  if (kept && !isPlain(kept)) return kept
  return service.shared.join(`compress/${diffId}`, { signal }, (inner) => compress(service, layer, kept, lease, inner))
}

async function compress(service: Service, layer: LayerRecord, plain: Descriptor | undefined, lease: Lease, signal: AbortSignal): Promise<Descriptor> {
  const { layers, content, records, snapshots, temporary } = service
  const file = join(temporary, `compress-${layer.diffId.slice(7)}`)
  try {
    const source = plain ? { file: content.pathOf(plain.digest) } : snapshots.changesOf({ chain: layer.chain })
    const made = await layers.compress(source, file, { signal })
    assertSame(layer.diffId, made.diffId)
    const blob: Descriptor = { mediaType: mediaTypes.ociLayerGzip, digest: made.digest, size: made.compressedSize }
    lease.hold(blob.digest)
    await content.adopt(file, { digest: blob.digest, size: blob.size })
    records.layers.put(layer.diffId, { ...(records.layers.find(layer.diffId) ?? layer), blob })
    if (plain) await removeBlobs(service, new Set([plain.digest]))
    return blob
  } finally {
    await rm(file, { force: true })
  }
}

function assertSame(wanted: DiffId, found: DiffId): void {
  if (wanted !== found) throw new EngineError('data-loss', `the files of layer ${wanted} were changed behind the engine's back: they give ${found}`, { reason: 'wrong-diff-id', hint: 'Remove the image and build or pull it again.' })
}
