import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { parseDigest, type Digest } from '#shared/oci/digest.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { Service } from '../service.ts'

/** @throws not-found, invalid-argument */
export function sizeOfBlob({ content }: Pick<Service, 'content'>, text: string): { digest: Digest; size: number } {
  const digest = parseDigest(text)
  return { digest, size: content.sizeOf(digest) }
}

export async function readBlob({ content }: Pick<Service, 'content'>, digest: Digest, range?: { start: number; end: number }): Promise<Readable> {
  if (!range) return await content.open({ digest })
  const part = createReadStream(content.pathOf(digest), { ...range, highWaterMark: 1 << 18 })
  part.once('error', (error) => part.destroy(fromSystemError(error, `cannot read ${digest}`)))
  return part
}
