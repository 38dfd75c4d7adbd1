import { EngineError } from '#shared/errors.ts'
import { isDigest, parseDigest } from '#shared/oci/digest.ts'
import { familiarName, parseReference } from '#shared/oci/reference.ts'
import { removeBlobs } from '../collect.ts'
import { removeImage } from '../remove.ts'
import type { KeptManifest } from '../records.ts'
import type { Service } from '../service.ts'
import { keptIn, namesIn } from './catalog.ts'
import { keptKey } from './kept-manifests.ts'
import type { PushedBlobs } from './pushed-blobs.ts'
import type { Repository } from './repository-name.ts'

/** As `docker rmi`, never by force: an image that a container uses stays. @throws not-found, conflict */
export async function removeManifest(service: Service, repository: Repository, reference: string): Promise<void> {
  const { records } = service
  const names = namesIn(records, repository).filter(({ name, image, target }) => (isDigest(reference) ? [target?.digest, records.images.find(image)?.manifest?.digest].includes(reference) : name === `${repository.local}:${reference}`))
  const kept = keptIn(records, repository).find(({ descriptor, tags }) => (isDigest(reference) ? descriptor.digest === reference : tags.includes(reference)))
  if (names.length === 0 && !kept) throw new EngineError('not-found', `no manifest ${reference} in ${repository.name}`, { reason: 'no-such-manifest' })
  for (const { name } of names) if (records.names.find(name)) await removeImage(service, familiarName(parseReference(name)))
  if (kept) await forget(service, kept, reference)
}

async function forget(service: Service, kept: KeptManifest, reference: string): Promise<void> {
  const key = keptKey(kept.repository, kept.descriptor.digest)
  if (!isDigest(reference)) return service.records.kept.put(key, { ...kept, tags: kept.tags.filter((tag) => tag !== reference) })
  service.records.kept.delete(key)
  await removeBlobs(service, new Set([kept.descriptor.digest, ...kept.blobs]))
}

/** @throws not-found, failed-precondition (blob-in-use) */
export async function removePushedBlob(service: Service, pushed: PushedBlobs, text: string): Promise<void> {
  const digest = parseDigest(text)
  service.content.sizeOf(digest)
  if (service.records.isNeeded(digest)) throw new EngineError('failed-precondition', `blob ${digest} belongs to what is still served`, { reason: 'blob-in-use', hint: 'Delete the manifests that name it; it goes with the last of them.' })
  pushed.release([digest])
  if (service.leases.isHeld(digest)) throw new EngineError('failed-precondition', `blob ${digest} is in use right now`, { reason: 'blob-in-use', hint: 'Try again later.' })
  await removeBlobs(service, new Set([digest]))
}
