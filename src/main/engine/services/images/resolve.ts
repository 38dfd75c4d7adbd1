import { EngineError, isEngineError } from '#shared/errors.ts'
import type { ImageId } from '#shared/oci/digest.ts'
import { formatPlatform, type Platform } from '#shared/oci/platform.ts'
import { parseReference } from '#shared/oci/reference.ts'
import type { Lease } from '../../core/leases/leases.ts'
import { isPlatform } from './choose-platform.ts'
import type { PullOptions, ResolvedImage } from './images-service.ts'
import { pullImage } from './pull.ts'
import type { ImageRecord } from './records.ts'
import type { Service } from './service.ts'

/** @throws not-found */
export async function resolveImage(service: Service, name: string, platform?: Platform): Promise<ResolvedImage> {
  const record = service.records.get(name)
  assertPlatform(record, name, platform)
  return toResolved(service, record)
}

/** @throws not-found when the image is one of another platform than was asked for. */
export function assertPlatform(image: ImageRecord, name: string, platform: Platform | undefined): void {
  if (platform && !isPlatform(image.platform, platform))
    throw new EngineError('not-found', `image with reference ${name} was found but does not match the specified platform: wanted ${formatPlatform(platform)}, actual: ${formatPlatform(image.platform)}`, { reason: 'no-platform', hint: 'Pull it with the platform you want.' })
}

export function idOf({ records }: Service, name: string): ImageId | undefined {
  try {
    return records.find(name)?.id
  } catch (error) {
    // By now the beginning of two ids.
    if (isEngineError(error, 'invalid-argument')) return undefined
    throw error
  }
}

export async function findImage(service: Service, name: string): Promise<ResolvedImage | undefined> {
  const record = service.records.find(name)
  return record && toResolved(service, record)
}

/** Resolves, pulling what is not there (of that platform). */
export async function ensureImage(service: Service, name: string, { lease, ...options }: PullOptions & { lease?: Lease } = {}): Promise<ResolvedImage> {
  try {
    const record = service.records.get(name)
    assertPlatform(record, name, options.platform)
    hold(lease, record)
    return await toResolved(service, record)
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error
  }
  parseReference(name)
  const { id } = await pullImage(service, name, options)
  const pulled = service.records.get(id)
  hold(lease, pulled)
  return await toResolved(service, pulled)
}

/** In the turn in which the record was found: what is read after it cannot go meanwhile. */
function hold(lease: Lease | undefined, { id, chain }: Pick<ImageRecord, 'id' | 'chain'>): void {
  lease?.hold(id)
  if (chain !== undefined) lease?.hold(chain)
}

async function toResolved({ records, configs }: Service, record: ImageRecord): Promise<ResolvedImage> {
  const names = records.namesOf(record.id).map(({ name }) => name)
  return { id: record.id, manifest: record.manifest?.digest, config: await configs.of(record.id), chain: record.chain, names: names.filter((name) => !name.includes('@')), platform: record.platform }
}
