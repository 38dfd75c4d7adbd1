import { parseDigest } from '#shared/oci/digest.ts'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { ImageRecords } from '../records.ts'
import { keptIn } from './catalog.ts'
import type { Repository } from './repository-name.ts'

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers; that nothing is known of the digest is no error. */
export function listReferrers(records: ImageRecords, repository: Repository, text: string, artifactType: string | undefined): Descriptor[] {
  const digest = parseDigest(text)
  return keptIn(records, repository)
    .filter((one) => one.subject === digest && (artifactType === undefined || one.artifactType === artifactType))
    .map((one) => ({ ...one.descriptor, ...(one.artifactType !== undefined && { artifactType: one.artifactType }), ...(one.annotations && { annotations: one.annotations }) }))
}
