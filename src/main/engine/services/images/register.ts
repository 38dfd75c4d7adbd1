import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest, ImageId } from '#shared/oci/digest.ts'
import type { ImageConfig } from '#shared/oci/image-config.ts'
import { parseReference } from '#shared/oci/reference.ts'
import { chainsOf } from './chains.ts'
import type { ImageRecord, ImageRecords, NameRecord } from './records.ts'

export interface Registration {
  id: ImageId
  config: ImageConfig
  manifest?: Descriptor
  /** Blobs of the manifest's layers that are kept whatever the records of the layers say. */
  blobs?: readonly Digest[]
  parent?: ImageId
  /** Canonical names to point at it; `target` is what the name stands for at its registry. */
  names?: readonly { name: string; target?: Descriptor }[]
}

/** Makes an image of what is in the content store and in snapshots, with its names, in one step. Everything that becomes an image ends here. */
export function registerImage(records: ImageRecords, { id, config, manifest, blobs = [], parent, names = [] }: Registration): ImageRecord {
  const diffIds = config.rootfs.diff_ids
  const before = records.images.find(id)
  const kept = [...new Set([...(before?.blobs ?? []), ...blobs])]
  const known = manifest ?? before?.manifest
  const lineage = parent ?? before?.parent
  const tagged = names.some(({ name }) => parseReference(name).tag !== undefined)
  const stamp = tagged ? new Date().toISOString() : before?.lastTagTime
  const chain = chainsOf(diffIds).at(-1)
  const record: ImageRecord = {
    id,
    diffIds,
    ...(chain !== undefined && { chain }),
    platform: { os: config.os, architecture: config.architecture, ...(config.variant && { variant: config.variant }) },
    created: config.created ?? '',
    size: diffIds.reduce((sum, diffId) => sum + (records.layers.find(diffId)?.contentSize ?? 0), 0),
    labels: config.config?.Labels ?? {},
    ...(known && { manifest: known }),
    ...(kept.length > 0 && { blobs: kept }),
    ...(lineage && lineage !== id && { parent: lineage }),
    ...(stamp !== undefined && { lastTagTime: stamp }),
  }
  records.transaction(() => {
    records.images.put(id, record)
    for (const { name, target } of names) putName(records, { name, image: id, ...(target && { target }) })
  })
  return record
}

/** A tag that is moved goes to the end of the list, as the newest. */
export function putName(records: ImageRecords, name: NameRecord): void {
  records.names.delete(name.name)
  records.names.put(name.name, name)
}

/** Blobs that an image and its names keep, besides those of its layers. */
export function ownBlobs(records: ImageRecords, image: ImageRecord): Set<Digest> {
  return new Set([image.id, ...(image.blobs ?? []), ...(image.manifest ? [image.manifest.digest] : []), ...records.namesOf(image.id).flatMap(({ target }) => (target ? [target.digest] : []))])
}
