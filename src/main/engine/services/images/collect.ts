import type { ChainId, Digest, DiffId, ImageId } from '#shared/oci/digest.ts'
import { chainsOf } from './chains.ts'
import { sweepKept } from './served/kept-manifests.ts'
import { ownBlobs } from './register.ts'
import type { ImageRecord, ImageRecords } from './records.ts'
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
  const { records, snapshots, leases } = service
  const removed: ChainId[] = []
  let bytes = 0
  const chains = chainsOf(image.diffIds)
  for (let index = chains.length - 1; index >= 0; index--) {
    const chain = chains[index]!
    const diffId = image.diffIds[index]!
    const shared = records.images.list().some(({ diffIds }) => diffIds[index] === diffId && beginsWith(diffIds, image.diffIds, index))
    // The one above is still there: so is everything below.
    if (shared || isStoodOn(service, chain) || leases.isHeld(chain) || (index < chains.length - 1 && snapshots.has(chains[index + 1]!))) break
    bytes += records.layers.find(diffId)?.contentSize ?? 0
    await snapshots.removeCommitted(chain)
    removed.push(chain)
    await forgetLayer(service, diffId)
  }
  return { chains: removed, bytes }
}

const beginsWith = (diffIds: readonly DiffId[], others: readonly DiffId[], length: number) => others.slice(0, length).every((other, index) => diffIds[index] === other)

/** Another layer or a container has it below. */
const isStoodOn = ({ snapshots }: Service, chain: ChainId) => snapshots.listActive().some(({ parent }) => parent === chain) || snapshots.listCommitted().some(({ parent }) => parent === chain)

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
  for (const { diffIds } of records.images.list()) {
    const index = diffIds.indexOf(diffId)
    const chain = index < 0 ? undefined : chainsOf(diffIds.slice(0, index + 1)).at(-1)
    if (chain !== undefined && snapshots.has(chain)) return chain
  }
  return undefined
}

const NOTHING: ReadonlySet<never> = new Set()

/** What images, layers and what is kept for a registry's clients refer to. */
export const neededBlobs = (records: ImageRecords): Set<Digest> =>
  new Set<Digest>([
    ...records.images.list().flatMap((image) => [...ownBlobs(records, image)]),
    ...records.layers.list().flatMap(({ blob }) => (blob ? [blob.digest] : [])),
    ...records.kept.list().flatMap(({ descriptor, blobs }) => [descriptor.digest, ...blobs]),
  ])

/** Removes those that nothing refers to any more. */
export async function removeBlobs(service: Service, digests: Iterable<Digest>, kept: ReadonlySet<Digest> = NOTHING): Promise<void> {
  const { records, content, leases } = service
  const needed = neededBlobs(records)
  for (const digest of digests) if (!needed.has(digest) && !kept.has(digest) && !leases.isHeld(digest) && !isNeeded(records, digest)) await content.remove(digest)
}

/** By what is recorded now. */
const isNeeded = ({ images, names, layers, kept }: ImageRecords, digest: Digest): boolean =>
  images.find(digest) !== undefined ||
  images.list().some(({ manifest, blobs }) => manifest?.digest === digest || blobs?.includes(digest)) ||
  names.list().some(({ target }) => target?.digest === digest) ||
  layers.list().some(({ blob }) => blob?.digest === digest) ||
  kept.list().some(({ descriptor, blobs }) => descriptor.digest === digest || blobs.includes(digest))

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

/** From the top, until a pass finds none. */
async function removeOrphanChains(service: Service, kept: ReadonlySet<ChainId>): Promise<number> {
  const { records, snapshots, leases } = service
  const chainsInUse = () => new Set(records.images.list().flatMap(({ diffIds }) => chainsOf(diffIds)))
  let bytes = 0
  for (let removed = 1; removed > 0; ) {
    removed = 0
    const [alive, below] = [chainsInUse(), new Set([...snapshots.listActive(), ...snapshots.listCommitted()].map(({ parent }) => parent))]
    for (const { chain } of snapshots.listCommitted()) {
      if (alive.has(chain) || below.has(chain) || kept.has(chain) || leases.isHeld(chain) || isStoodOn(service, chain) || chainsInUse().has(chain)) continue
      const diffId = records.layers.list().find((layer) => layer.chain === chain)?.diffId
      bytes += (diffId && records.layers.find(diffId)?.contentSize) ?? 0
      await snapshots.removeCommitted(chain)
      if (diffId) await forgetLayer(service, diffId)
      removed++
    }
  }
  return bytes
}

/** Everything an image refers to that is not a layer; taken before its names are gone. */
export const blobsOf = ({ records }: Service, id: ImageId): Set<Digest> => {
  const image = records.images.find(id)
  return image ? ownBlobs(records, image) : new Set()
}
