import type { ImageId } from '#shared/oci/digest.ts'
import { familiarName, parseReference } from '#shared/oci/reference.ts'
import { chainsOf } from './chains.ts'
import type { ImageDetails, ImageHistoryEntry, ImageSummary, ListOptions } from './images-service.ts'
import { isTag, listFilter, matchesReference, timeOf } from './image-filters.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'

/** Newest first. Images that only serve as steps of a build are left out unless `all` is asked for. */
export async function listImages(service: Service, { all = false, filters = {}, sharedSize = false }: ListOptions = {}): Promise<ImageSummary[]> {
  const { records } = service
  const keep = listFilter(records, filters)
  const shared = sharedSize ? sharedSizes(service) : undefined
  const found: { image: ImageRecord; summary: ImageSummary }[] = []
  for (const image of records.images.list()) {
    const own = records.namesOf(image.id).map(({ name }) => name)
    if (!all && own.length === 0 && records.children.has(image.id)) continue
    if (!keep(image, own)) continue
    const matching = own.filter((name) => matchesReference(filters['reference'], name))
    if (filters['reference']?.length && matching.length === 0) continue
    found.push({ image, summary: summarize(service, image, matching, shared?.get(image.id) ?? -1) })
  }
  return found.sort((one, other) => timeOf(other.image) - timeOf(one.image)).map(({ summary }) => summary)
}

function summarize({ needs }: Service, image: ImageRecord, names: readonly string[], sharedSize: number): ImageSummary {
  const shown = (name: string) => familiarName(parseReference(name))
  return {
    id: image.id,
    parent: image.parent,
    tags: names.filter(isTag).sort().map(shown),
    digests: names.filter((name) => !isTag(name)).sort().map(shown),
    created: Math.floor(timeOf(image) / 1000),
    size: image.size,
    sharedSize,
    labels: image.labels,
    containers: needs.containersUsing(image.id).length,
  }
}

/** Bytes of the layers that each image has in common with another. */
function sharedSizes({ records }: Service): Map<ImageId, number> {
  const users = new Map<string, number>()
  const images = records.images.list().map((image) => ({ image, chains: chainsOf(image.diffIds) }))
  for (const { chains } of images) for (const chain of chains) users.set(chain, (users.get(chain) ?? 0) + 1)
  return new Map(images.map(({ image, chains }) => [image.id, image.diffIds.reduce((sum, diffId, index) => sum + (users.get(chains[index]!)! > 1 ? (records.layers.find(diffId)?.contentSize ?? 0) : 0), 0)]))
}

/** @throws not-found */
export async function inspectImage(service: Service, name: string): Promise<ImageDetails> {
  const { records, snapshots } = service
  const image = records.get(name)
  const config = await service.configs.of(image.id)
  return {
    ...summarize(service, image, records.namesOf(image.id).map((one) => one.name), -1),
    config,
    comment: config.comment ?? config.history?.at(-1)?.comment ?? '',
    lastTagTime: image.lastTagTime ?? '0001-01-01T00:00:00Z',
    graphDriver: { name: snapshots.driver, values: image.chain === undefined ? {} : snapshots.describe({ chain: image.chain }) },
    descriptor: image.manifest,
  }
}

/** Newest step first, with the images of the steps where they are known. @throws not-found */
export async function imageHistory(service: Service, name: string): Promise<ImageHistoryEntry[]> {
  const { records } = service
  const image = records.get(name)
  const config = await service.configs.of(image.id)
  let layer = 0
  const steps = (config.history ?? []).map((step) => ({ ...step, size: step.empty_layer ? 0 : (records.layers.find(image.diffIds[layer++]!)?.contentSize ?? 0) }))
  let at: ImageRecord | undefined = image
  return steps.reverse().map((step) => {
    const tags = at ? records.namesOf(at.id).filter((one) => isTag(one.name)) : []
    const entry = { ...step, id: at?.id, tags: tags.map((one) => familiarName(parseReference(one.name))) }
    at = at?.parent === undefined ? undefined : records.images.find(at.parent)
    return entry
  })
}
