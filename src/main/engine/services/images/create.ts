import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import type { ChainId, DiffId, ImageId } from '#shared/oci/digest.ts'
import { familiarName, formatReference, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import { digestOf } from '../../core/content/blob-reader.ts'
import type { Lease } from '../../core/leases/leases.ts'
import type { ListedEntry } from '../../core/layers/layers.ts'
import { adoptAttributes } from '../../core/layers/adopt-attributes.ts'
import { chainOn, chainsOf } from './chains.ts'
import type { CommittedLayer, CreateImageRequest } from './images-service.ts'
import { registerImage } from './register.ts'
import type { Service } from './service.ts'
import { publishImageEvent } from './tag-events.ts'

export interface LayerOptions {
  parent: ChainId | undefined
  lease?: Lease
  signal?: AbortSignal
}

/** Freezes what an active snapshot changed. No blob is kept: the layer is canonical and can be made again (core/layers). */
export async function commitLayer(service: Service, key: string, { parent, keep = false, mountTargets = [], lease, signal }: LayerOptions & { keep?: boolean; mountTargets?: readonly string[] }): Promise<CommittedLayer> {
  const { snapshots, layers } = service
  if (keep) {
    await using copy = await snapshots.copyChanges(key)
    snapshots.removeMountStubs(copy.source, parent, mountTargets)
    const measured = await layers.measure(copy.source, { ...(signal && { signal }) })
    return commitMeasured(service, measured, parent, lease, (chain) => copy.commit(chain))
  }
  const measured = await layers.measure(snapshots.changesOf({ key }), { ...(signal && { signal }) })
  return commitMeasured(service, measured, parent, lease, (chain) => snapshots.commit(key, chain))
}

async function commitMeasured({ records }: Service, { diffId, size, contentSize }: { diffId: DiffId; size: number; contentSize: number }, parent: ChainId | undefined, lease: Lease | undefined, commit: (chain: ChainId) => Promise<void>): Promise<CommittedLayer> {
  const chain = chainOn(parent, diffId)
  lease?.hold(chain)
  if (!records.layers.find(diffId)) records.layers.put(diffId, { diffId, chain, size, contentSize })
  await commit(chain)
  return { diffId, chain, size: contentSize }
}

/** Just these files, on the layers below. */
export async function addFiles(service: Service, files: readonly ListedEntry[], { parent, lease, signal }: LayerOptions): Promise<CommittedLayer> {
  const { snapshots, layers } = service
  const options = { ...(signal && { signal }) }
  await using draft = await snapshots.prepareLayer(parent)
  const { layer } = await layers.copy(files, draft.directory, { ...options, whiteouts: draft.whiteouts, below: parent === undefined ? [] : snapshots.layerDirectories(parent) })
  return commitMeasured(service, layer ?? (await layers.measure(draft.changes(), options)), parent, lease, (chain) => draft.commit(chain))
}

/** What a plain tar archive holds, as it comes; its chunks are released. */
export async function addLayer(service: Service, archive: Readable, { parent, lease, signal }: LayerOptions): Promise<CommittedLayer> {
  const { snapshots, layers } = service
  const options = { ...(signal && { signal }) }
  await using draft = await snapshots.prepareLayer(parent)
  const { implied, layer } = await layers.take(archive, draft.directory, { ...options, own: true, whiteouts: draft.whiteouts })
  if (parent !== undefined) adoptAttributes(draft.directory, implied, snapshots.layerDirectories(parent))
  return commitMeasured(service, layer ?? (await layers.measure(draft.changes(), options)), parent, lease, (chain) => draft.commit(chain))
}

/** @throws failed-precondition when a layer is not committed. */
export async function createImage(service: Service, { config, parent, names = [], event, lease: maker }: CreateImageRequest): Promise<ImageId> {
  const { content, records, events, snapshots, leases, configs } = service
  using lease = leases.open('create image')
  for (const chain of chainsOf(config.rootfs.diff_ids)) lease.hold(chain)
  const bytes = Buffer.from(JSON.stringify(config))
  const digest = digestOf(bytes)
  lease.hold(digest)
  maker?.hold(digest)
  const references = names.map((name) => withDefaultTag(parseReference(name)))
  const absent = chainsOf(config.rootfs.diff_ids).find((chain) => !snapshots.has(chain))
  if (absent !== undefined) throw new EngineError('failed-precondition', `layer ${absent} of the new image is not committed`, { reason: 'no-such-layer' })
  const id = (await content.put(bytes)) as string as ImageId
  const image = registerImage(records, { id, config, names: references.map((reference) => ({ name: formatReference(reference) })), ...(parent !== undefined && { parent }) })
  configs.remember(id, config)
  if (event !== undefined) publishImageEvent(events, event, id, image, id)
  for (const reference of references) publishImageEvent(events, 'tag', id, image, familiarName(reference))
  return id
}
