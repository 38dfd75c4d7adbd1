import { createHash } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import type { Digest } from '#shared/oci/digest.ts'
import { mismatch } from './verified-stream.ts'

/** Manifests and configs above this are refused: registries refuse manifests above 4 MiB. */
export const SMALL_BLOB_LIMIT = 8 * 1024 * 1024

export function assertReadable(digest: Digest, size: number, limit: number): void {
  if (size > limit) throw new EngineError('resource-exhausted', `${digest} has ${size} bytes; at most ${limit} are read into memory`, { reason: 'blob-too-large' })
}

/** @throws data-loss when the bytes are not those of the digest. */
export function assertMatches(target: { digest: Digest; size?: number }, content: Uint8Array): void {
  if (target.size !== undefined && content.length !== target.size) throw mismatch(target, `${content.length} bytes instead of ${target.size}`)
  const found = digestOf(content)
  if (found !== target.digest) throw mismatch(target, `digest ${found}`)
}

export const digestOf = (content: Uint8Array): Digest => `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest

export const noSuchBlob = (digest: Digest): EngineError => new EngineError('not-found', `blob ${digest} is not in the content store`, { reason: 'no-such-blob' })
