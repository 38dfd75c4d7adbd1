import { shortId, type ChainId, type DiffId } from '#shared/oci/digest.ts'
import { EngineError } from '#shared/errors.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { ContentStore } from '../../core/content/content-store.ts'
import { adoptAttributes } from '../../core/layers/adopt-attributes.ts'
import type { AppliedLayer, Layers } from '../../core/layers/layers.ts'
import type { LayerDraft, Snapshotter } from '../../core/snapshots/snapshotter.ts'
import type { TransferProgress } from './images-service.ts'
import type { ImageRecords } from './records.ts'

export interface UnpackContext {
  content: ContentStore
  layers: Layers
  snapshots: Snapshotter
  records: ImageRecords
}

export interface LayerToUnpack {
  diffId: DiffId
  chain: ChainId
  parent: ChainId | undefined
  blob: Descriptor
}

/** Applies a layer that is in the content store to a snapshot. `below` resolves when the parent is committed; applying does not wait for it where layers are stacked. */
export async function unpackLayer(context: UnpackContext, layer: LayerToUnpack, below: () => Promise<unknown>, options: { signal: AbortSignal; report: (progress: TransferProgress) => void }): Promise<void> {
  if (context.snapshots.has(layer.chain)) return
  if (!context.snapshots.independent) await below()
  await using draft = await context.snapshots.prepareLayer(layer.parent)
  const applied = await apply(context, layer, draft, options)
  await below()
  if (layer.parent !== undefined && applied.implied?.length) adoptAttributes(draft.directory, applied.implied, context.snapshots.layerDirectories(layer.parent))
  await commit(context, layer, draft, applied)
}

function apply({ content, layers }: UnpackContext, { blob, diffId }: LayerToUnpack, draft: LayerDraft, { signal, report }: { signal: AbortSignal; report: (progress: TransferProgress) => void }): Promise<AppliedLayer> {
  const id = shortId(blob.digest)
  return layers.apply(content.pathOf(blob.digest), draft.directory, {
    whiteouts: draft.whiteouts,
    expected: diffId,
    signal,
    onProgress: (current) => report({ id, status: 'Extracting', current, total: blob.size }),
  })
}

/** The record of the layer first: a snapshot without one could not be pushed. */
async function commit({ records, snapshots }: UnpackContext, { diffId, chain, blob }: LayerToUnpack, draft: LayerDraft, applied: AppliedLayer): Promise<void> {
  const known = records.layers.find(diffId)
  records.layers.put(diffId, { ...known, diffId, chain: known && snapshots.has(known.chain) ? known.chain : chain, size: applied.size, contentSize: applied.contentSize, blob: known?.blob ?? blob })
  await draft.commit(chain)
  if (!snapshots.has(chain)) throw new EngineError('internal', `snapshot ${chain} is not there after its commit`)
}
