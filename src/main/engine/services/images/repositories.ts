import type { DiffId } from '#shared/oci/digest.ts'
import type { Reference } from '#shared/oci/reference.ts'
import type { ImageRecords } from './records.ts'

/** Enough to find one that still has the blob. */
const REMEMBERED = 5

/** Notes that a repository has the layer's blob, so that a push to its neighbour can mount it instead of sending it. */
export function rememberRepository(records: ImageRecords, diffId: DiffId, { registry, repository }: Pick<Reference, 'registry' | 'repository'>): void {
  const layer = records.layers.find(diffId)
  const name = `${registry}/${repository}`
  if (layer?.blob && layer.repositories?.[0] !== name) records.layers.put(diffId, { ...layer, repositories: [name, ...(layer.repositories ?? []).filter((one) => one !== name)].slice(0, REMEMBERED) })
}

/** Repositories of the same registry that are known to have the layer. */
export function neighbours(records: ImageRecords, diffId: DiffId, { registry, repository }: Reference): string[] {
  const known = records.layers.find(diffId)?.repositories ?? []
  return known.filter((name) => name.startsWith(`${registry}/`) && name !== `${registry}/${repository}`).map((name) => name.slice(registry.length + 1))
}
