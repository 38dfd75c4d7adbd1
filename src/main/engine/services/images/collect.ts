import type { ChainId, Digest, DiffId, ImageId } from '#shared/oci/digest.ts'
import { chainsOf } from './chains.ts'
import { ownBlobs } from './register.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'

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
  const { records, snapshots, leases } = service
  const alive = livingChains(service)
  const inUse = new Set(snapshots.listActive().map(({ parent }) => parent))
  const removed: ChainId[] = []
  let bytes = 0
  const chains = chainsOf(image.diffIds)
  for (let index = chains.length - 1; index >= 0; index--) {
    const chain = chains[index]!
    const diffId = image.diffIds[index]!
    // The one above is still there: so is everything below.
    if (alive.has(chain) || inUse.has(chain) || leases.isHeld(chain) || (index < chains.length - 1 && snapshots.has(chains[index + 1]!))) break
    if (snapshots.listCommitted().some(({ parent }) => parent === chain)) break
    bytes += records.layers.find(diffId)?.contentSize ?? 0
    await snapshots.removeCommitted(chain)
    removed.push(chain)
    await forgetLayer(service, diffId, chain, alive)
  }
  return { chains: removed, bytes }
}

/** Chains of all images, with the layer each ends in. */
function livingChains({ records }: Service): Map<ChainId, DiffId> {
  return new Map(records.images.list().flatMap(({ diffIds }) => chainsOf(diffIds).map((chain, index): [ChainId, DiffId] => [chain, diffIds[index]!])))
}

/** The layer's record lives on where another chain holds the same layer. */
async function forgetLayer(service: Service, diffId: DiffId, chain: ChainId, alive: ReadonlyMap<ChainId, DiffId>): Promise<void> {
  const { records } = service
  const layer = records.layers.find(diffId)
  if (!layer || layer.chain !== chain) return
  const other = [...alive].find(([, found]) => found === diffId)
  if (other) return records.layers.put(diffId, { ...layer, chain: other[0] })
  records.layers.delete(diffId)
  if (layer.blob) await removeBlobs(service, new Set([layer.blob.digest]))
}

/** Removes those that nothing refers to any more. */
export async function removeBlobs({ records, content, leases }: Service, digests: ReadonlySet<Digest>): Promise<void> {
  const needed = new Set<Digest>([...records.images.list().flatMap((image) => [...ownBlobs(records, image)]), ...records.layers.list().flatMap(({ blob }) => (blob ? [blob.digest] : []))])
  for (const digest of digests) if (!needed.has(digest) && !leases.isHeld(digest)) await content.remove(digest)
}

/**
 * Removes layers and blobs that no image has: what pulls that failed or were given up left for another try, what a crash left. Whatever is
 * under way holds what it needs by a lease. Gives the bytes of file content.
 */
export async function collectOrphans(service: Service): Promise<number> {
  const { records, snapshots, leases, content } = service
  const alive = livingChains(service)
  const diffIds = new Map(records.layers.list().map(({ chain, diffId }) => [chain, diffId]))
  let bytes = 0
  for (let removed = 1; removed > 0; ) {
    removed = 0
    const needed = new Set([...snapshots.listActive(), ...snapshots.listCommitted()].map(({ parent }) => parent))
    for (const { chain } of snapshots.listCommitted()) {
      if (alive.has(chain) || needed.has(chain) || leases.isHeld(chain)) continue
      const diffId = diffIds.get(chain)
      bytes += (diffId && records.layers.find(diffId)?.contentSize) ?? 0
      await snapshots.removeCommitted(chain)
      if (diffId) await forgetLayer(service, diffId, chain, alive)
      removed++
    }
  }
  const digests = new Set<Digest>()
  for await (const { digest } of content.list()) digests.add(digest)
  await removeBlobs(service, digests)
  return bytes
}

/** Everything an image refers to that is not a layer; taken before its names are gone. */
export const blobsOf = ({ records }: Service, id: ImageId): Set<Digest> => {
  const image = records.images.find(id)
  return image ? ownBlobs(records, image) : new Set()
}
