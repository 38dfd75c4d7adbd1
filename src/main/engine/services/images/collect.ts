import type { ChainId, Digest, DiffId, ImageId } from '#shared/oci/digest.ts'
import { chainsOf } from './chains.ts'
import { sweepKept } from './served/kept-manifests.ts'
import { ownBlobs } from './register.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'

/*
 * What goes and what stays. Others work meanwhile: an image may be recorded, and the lease that held its parts end, between any two steps. So whatever
 * is about to go is looked up in the records again in the very turn in which it goes out of sight.
 */

/**
 * What goes when an image goes: its config and manifests, and each layer that no other image, no container's snapshot and no lease holds.
 * Gives the chain IDs removed, from the top, and the bytes of file content that were in them.
 */
export async function collectImage(service: Service, image: ImageRecord, blobs: ReadonlySet<Digest>): Promise<{ chains: ChainId[]; bytes: number }> {
  const { chains, bytes } = await removeLayers(service, image)
  await removeBlobs(service, blobs)
  return { chains, bytes }
}

async function removeLayers(service: Service, image: ImageRecord): Promise<{ chains: ChainId[]; bytes: number }> {
  const { records, snapshots } = service
  const removed: ChainId[] = []
  let bytes = 0
  const chains = chainsOf(image.diffIds)
  for (let index = chains.length - 1; index >= 0; index--) {
    const chain = chains[index]!
    const diffId = image.diffIds[index]!
    if (isUsed(service, chain)) break
    bytes += records.layers.find(diffId)?.contentSize ?? 0
    await snapshots.removeCommitted(chain)
    removed.push(chain)
    await forgetLayer(service, diffId)
  }
  return { chains: removed, bytes }
}

/** By an image, by what stands on it (another layer, a container, a step of a build), or by who works with it right now. */
const isUsed = ({ records, snapshots, leases }: Service, chain: ChainId) => records.onChain.has(chain) || snapshots.isParent(chain) || leases.isHeld(chain)

/** Once its chain is gone: the layer's record lives on where another chain holds the same layer. */
async function forgetLayer(service: Service, diffId: DiffId): Promise<void> {
  const { records, snapshots } = service
  const layer = records.layers.find(diffId)
  if (!layer || snapshots.has(layer.chain)) return
  const other = otherChain(service, diffId)
  if (other !== undefined) return records.layers.put(diffId, { ...layer, chain: other })
  records.layers.delete(diffId)
  if (layer.blob) await removeBlobs(service, new Set([layer.blob.digest]))
}

/** Of an image that has the layer somewhere. */
function otherChain({ records, snapshots }: Service, diffId: DiffId): ChainId | undefined {
  for (const { diffIds } of records.withLayer.find(diffId)) {
    const chain = chainsOf(diffIds.slice(0, diffIds.indexOf(diffId) + 1)).at(-1)!
    if (snapshots.has(chain)) return chain
  }
  return undefined
}

const NOTHING: ReadonlySet<never> = new Set()

/** Removes those that nothing refers to any more. */
export async function removeBlobs(service: Service, digests: Iterable<Digest>, kept: ReadonlySet<Digest> = NOTHING): Promise<void> {
  const { records, content, leases } = service
  for (const digest of digests) if (!kept.has(digest) && !leases.isHeld(digest) && !records.isNeeded(digest)) await content.remove(digest)
}

export interface Kept {
  digests: ReadonlySet<Digest>
  chains: ReadonlySet<ChainId>
}

/**
 * Removes layers, blobs and parts of blobs that no image has: what pulls that failed or were given up left for another try, what a kill left. Whatever is
 * under way holds what it needs by a lease, and `kept` what may be taken up. Gives the bytes of file content.
 */
export async function collectOrphans(service: Service, kept: Kept = { digests: NOTHING, chains: NOTHING }): Promise<number> {
  const { records, content, leases } = service
  sweepKept(service)
  const bytes = await removeOrphanChains(service, kept.chains)
  for (const { diffId } of records.layers.list()) await forgetLayer(service, diffId)
  await removeBlobs(service, (await Array.fromAsync(content.list())).map(({ digest }) => digest), kept.digests)
  for (const digest of await content.listParts()) if (!kept.digests.has(digest) && !leases.isHeld(digest)) await content.removePart(digest)
  return bytes
}

/** A layer is committed after the one that it stands on, so that backwards each is free by the time it is looked at. */
async function removeOrphanChains(service: Service, kept: ReadonlySet<ChainId>): Promise<number> {
  const { records, snapshots } = service
  let bytes = 0
  for (const { chain } of snapshots.listCommitted().reverse()) {
    if (kept.has(chain) || isUsed(service, chain)) continue
    const layers = records.layersAt.find(chain)
    await snapshots.removeCommitted(chain)
    for (const { diffId, contentSize } of layers) {
      bytes += contentSize
      await forgetLayer(service, diffId)
    }
  }
  return bytes
}

/** Everything an image refers to that is not a layer; taken before its names are gone. */
export const blobsOf = ({ records }: Service, id: ImageId): Set<Digest> => {
  const image = records.images.find(id)
  return image ? ownBlobs(records, image) : new Set()
}
