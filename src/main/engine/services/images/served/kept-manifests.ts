import type { Digest } from '#shared/oci/digest.ts'
import type { ImageRecords, KeptManifest } from '../records.ts'
import type { Service } from '../service.ts'

/** For so long after a push what refers to it may still be on its way. */
const FRESH = 3600_000

export const keptKey = (repository: string, digest: string): string => `${repository}@${digest}`

/** A tag stands for one manifest: what was kept under it is so no more. */
export function takeTagFromKept(records: ImageRecords, repository: string, tag: string): void {
  for (const kept of records.kept.list()) if (kept.repository === repository && kept.tags.includes(tag)) records.kept.put(keptKey(repository, kept.descriptor.digest), { ...kept, tags: kept.tags.filter((one) => one !== tag) })
}

/** Lets go of kept manifests that no tag, image, index or subject needs any more; their blobs go with what is pruned next. */
export function sweepKept({ records }: Pick<Service, 'records'>, now = Date.now()): void {
  for (const kept of deadAmong(records, now)) records.kept.delete(keptKey(kept.repository, kept.descriptor.digest))
}

function deadAmong(records: ImageRecords, now: number): KeptManifest[] {
  const all = records.kept.list()
  const about = Map.groupBy(all, ({ repository, subject }) => (subject ? keptKey(repository, subject) : undefined))
  const alive = new Set<string>()
  const visit = (repository: string, digest: Digest) => {
    const key = keptKey(repository, digest)
    if (alive.has(key)) return
    alive.add(key)
    const found = records.kept.find(key)
    for (const one of found?.blobs ?? []) visit(repository, one)
    for (const one of about.get(key) ?? []) visit(repository, one.descriptor.digest)
  }
  for (const { name, image, target } of records.names.list()) {
    const repository = name.replace(/@.*|:[^/:]*$/, '')
    const manifest = records.images.find(image)?.manifest
    for (const one of [target, manifest]) if (one) visit(repository, one.digest)
  }
  for (const one of all) if (one.tags.length > 0 || now - one.pushedAt < FRESH) visit(one.repository, one.descriptor.digest)
  return all.filter((one) => !alive.has(keptKey(one.repository, one.descriptor.digest)))
}
