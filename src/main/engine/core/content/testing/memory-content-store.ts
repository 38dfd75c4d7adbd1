import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'
import { assertMatches, assertReadable, digestOf, noSuchBlob, SMALL_BLOB_LIMIT } from '../blob-reader.ts'
import type { ContentStore, ContentWriter } from '../content-store.ts'
import { createTurns } from '../turns.ts'
import { mismatch, verifiedStream } from '../verified-stream.ts'

/** A content store in memory, with the same contract. `blobs` is open to tests that damage content. */
export function createMemoryContentStore(): ContentStore & { blobs: Map<Digest, Uint8Array> } {
  const blobs = new Map<Digest, Uint8Array>()
  const ingests = new Map<string, Buffer>()
  const turns = createTurns()
  let made = 0
  const get = (digest: Digest) => {
    const found = blobs.get(digest)
    if (!found) throw noSuchBlob(digest)
    return found
  }
  return {
    blobs,
    pathOf: (digest) => `/memory/${digest}`,
    has: (digest) => blobs.has(digest),
    sizeOf: (digest) => get(digest).length,
    open: async (target) => {
      const content = get(target.digest)
      return Readable.from([content]).pipe(verifiedStream({ digest: target.digest, size: target.size ?? content.length }))
    },
    read: async (target, limit = SMALL_BLOB_LIMIT) => {
      const content = get(target.digest)
      assertReadable(target.digest, content.length, limit)
      assertMatches(target, content)
      return content
    },
    async *list() {
      for (const [digest, content] of blobs) yield { digest, size: content.length }
    },
    remove: async (digest) => void blobs.delete(digest),
    async writer(expected) {
      const ref = expected?.digest ?? `new ${made++}`
      return memoryWriter(ref, expected, ingests, blobs, await turns.take(ref))
    },
    namedWriter: async (name) => memoryWriter(`named ${name}`, undefined, ingests, blobs, await turns.take(`named ${name}`)),
    listParts: async () => [...ingests.keys()].filter((ref) => ref.startsWith('sha256:') && !turns.isTaken(ref)) as Digest[],
    removePart: async (digest) => void (turns.isTaken(digest) || ingests.delete(digest)),
    adopt: async (file, { digest }) => void blobs.set(digest, await readFile(file)),
    put: async (content) => {
      const digest = digestOf(content)
      blobs.set(digest, content)
      return digest
    },
  }
}

function memoryWriter(ref: string, expected: Descriptor | undefined, ingests: Map<string, Buffer>, blobs: Map<Digest, Uint8Array>, release: () => void): ContentWriter {
  let content = ingests.get(ref) ?? Buffer.alloc(0)
  const start = content.length
  return {
    offset: start,
    async write(...chunks) {
      const chunk = Buffer.concat(chunks)
      if (expected && content.length + chunk.length > expected.size) throw mismatch(expected, `more than ${expected.size} bytes`)
      content = Buffer.concat([content, chunk])
      ingests.set(ref, content)
    },
    async truncate() {
      content = Buffer.alloc(0)
      ingests.set(ref, content)
    },
    async commit(hold) {
      ingests.delete(ref)
      release()
      if (expected) assertMatches(expected, content)
      const digest = digestOf(content)
      hold?.(digest)
      blobs.set(digest, content)
      return { digest, size: content.length }
    },
    async abort() {
      ingests.delete(ref)
      release()
    },
    async [Symbol.asyncDispose]() {
      if (!expected && !ref.startsWith('named ')) ingests.delete(ref)
      release()
    },
  }
}
