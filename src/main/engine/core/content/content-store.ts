import type { Readable } from 'node:stream'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'

/**
 * The content store: bytes addressed by their digest, in an OCI image layout on disk (`blobs/sha256/<hex>`).
 *
 * A **blob** is there whole and verified, or not there. Bytes arrive through an **ingest**: invisible to readers and ended by commit (verified
 * against digest and size, then renamed into place) or abort. That of a blob whose digest is known is named by it, and can be taken up after a
 * cut: its offset and the hash so far are recovered from the file. Nobody could take up any other, so a cut ends it. Reading verifies again: the
 * stream fails, rather than ends, when the bytes are not those of the descriptor.
 *
 * What becomes of blobs and ingests that nobody wants any more is for those who know what is wanted (services/images/collect.ts).
 *
 * Ask for the smallest interface that does: a function that only reads takes a {@link ContentProvider}.
 */
export interface ContentProvider {
  /** @throws not-found; the stream errors with data-loss when the bytes do not match. */
  open(target: { digest: Digest; size?: number }): Promise<Readable>
  /** The whole blob; for manifests and configs. @throws resource-exhausted above `limit` bytes (default 8 MiB). */
  read(target: { digest: Digest; size?: number }, limit?: number): Promise<Uint8Array>
  /** Path of the blob for programs that map or send it. */
  pathOf(digest: Digest): string
}
export interface ContentIndex {
  has(digest: Digest): boolean
  /** Size in bytes. @throws not-found */
  sizeOf(digest: Digest): number
  list(): AsyncIterable<{ digest: Digest; size: number }>
  /** It is gone as soon as this is called, before the promise settles. */
  remove(digest: Digest): Promise<void>
}
export interface ContentIngester {
  /** Of a known blob one writer at a time: a second call waits for the first to end. */
  writer(expected?: Descriptor): Promise<ContentWriter>
  /** Of a blob whose digest is told at the end. What was written under the name (letters, digits, dashes) stays, also for the next opening, until it is committed or aborted; one writer at a time. */
  namedWriter(name: string): Promise<ContentWriter>
  /** Blobs of which a part has come, and nobody is writing to it. */
  listParts(): Promise<Digest[]>
  /** Removes such a part. */
  removePart(digest: Digest): Promise<void>
  /** Writes bytes that are already in memory. */
  put(content: Uint8Array): Promise<Digest>
  /** Takes a file that was hashed while it was written, on the same file system, as a blob; the file is gone after. */
  adopt(file: string, written: { digest: Digest; size: number }): Promise<void>
}
export interface ContentWriter extends AsyncDisposable {
  /** Bytes already there from an earlier, cut attempt. */
  readonly offset: number
  write(...chunks: Uint8Array[]): Promise<void>
  /** Starts over, e.g. when the server cannot resume. */
  truncate(): Promise<void>
  /** `hold` is called just before the blob is there. @throws data-loss when digest or size differ from what was expected; nothing becomes visible then. */
  commit(hold?: (digest: Digest) => void): Promise<{ digest: Digest; size: number }>
  abort(): Promise<void>
}
export interface ContentStore extends ContentProvider, ContentIndex, ContentIngester {}
