import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import type { Digest } from '#shared/oci/digest.ts'
import type { ImageLayer } from './images-service.ts'
import { chainsOf } from './chains.ts'
import { keptBlob, layerRecord } from './layer-blobs.ts'
import type { Service } from './service.ts'

/** The layers of an image, base first, each with the step that made it as far as the config tells. @throws not-found */
export async function imageLayers(service: Service, name: string): Promise<ImageLayer[]> {
  const image = service.records.get(name)
  const steps = ((await service.configs.of(image.id)).history ?? []).filter((step) => !step.empty_layer)
  return image.diffIds.map((diffId, index) => {
    const layer = layerRecord(service, diffId)
    return { diffId, blob: keptBlob(service, layer)?.digest ?? (diffId as string as Digest), size: layer.contentSize, step: steps[index] }
  })
}

/** What one layer adds, changes and takes away, as it lies on the disk. @throws not-found */
export function layerEntries({ records, layers, snapshots }: Service, name: string, index: number, signal?: AbortSignal): Readable {
  const image = records.get(name)
  const chain = chainsOf(image.diffIds)[index]
  if (chain === undefined) throw new EngineError('not-found', `image ${name} has ${image.diffIds.length} layers: there is no layer ${index}`, { reason: 'no-such-layer', hint: 'Layers are counted from 0, the base.' })
  return layers.entries(snapshots.changesOf({ chain }), { ...(signal && { signal }) })
}
