import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hexOf, isDigest, type Digest } from '#shared/oci/digest.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import { errnoOf, fromSystemError } from '#base/system-error.ts'
import { assertMatches, assertReadable, digestOf, noSuchBlob, SMALL_BLOB_LIMIT } from './blob-reader.ts'
import type { ContentStore } from './content-store.ts'
import { openIngest } from './ingest-file.ts'
import { createTurns } from './turns.ts'
import { mismatch, verifiedStream } from './verified-stream.ts'

/** An ingest nobody touched for so long is not going to be resumed. */
const STALE_INGEST = 7 * 24 * 3600_000

/** Opens or creates the OCI image layout at `root`; removes ingests that were forgotten for a week. */
export async function openContentStore(root: string): Promise<ContentStore> {
  const blobs = join(root, 'blobs', 'sha256')
  const ingests = join(root, 'ingest')
  mkdirSync(blobs, { recursive: true, mode: 0o700 })
  mkdirSync(ingests, { recursive: true, mode: 0o700 })
  if (!existsSync(join(root, 'oci-layout'))) writeFileSync(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await removeStale(ingests)
  const turns = createTurns()
  const pathOf = (digest: Digest) => join(blobs, hexOf(digest))

  return {
    pathOf,
    has: (digest) => existsSync(pathOf(digest)),
    sizeOf: (digest) => {
      const found = statSync(pathOf(digest), { throwIfNoEntry: false })
      if (!found) throw noSuchBlob(digest)
      return found.size
    },
    async open(target) {
      const found = await stat(pathOf(target.digest)).catch((error: unknown) => missing(error, target.digest))
      const file = createReadStream(pathOf(target.digest), { highWaterMark: 1 << 18 })
      const verified = verifiedStream({ digest: target.digest, size: target.size ?? found.size })
      file.on('error', (error) => verified.destroy(fromSystemError(error, `cannot read ${target.digest}`)))
      verified.on('close', () => file.destroy())
      return file.pipe(verified)
    },
    async read(target, limit = SMALL_BLOB_LIMIT) {
      const path = pathOf(target.digest)
      const { size } = await stat(path).catch((error: unknown) => missing(error, target.digest))
      assertReadable(target.digest, size, limit)
      const content = await readFile(path)
      assertMatches(target, content)
      return content
    },
    async *list() {
      for (const name of await readdir(blobs)) {
        const digest = `sha256:${name}`
        const found = isDigest(digest) && statSync(pathOf(digest), { throwIfNoEntry: false })
        if (found) yield { digest: digest as Digest, size: found.size }
      }
    },
    remove: (digest) => rm(pathOf(digest), { force: true }),
    async writer(ref, expected) {
      const name = createHash('sha256').update(ref).digest('hex')
      const release = await turns.take(name)
      try {
        return await openIngest(join(ingests, name), expected, pathOf, release)
      } catch (error) {
        release()
        throw fromSystemError(error, 'cannot write to the content store')
      }
    },
    adopt: (file, written) => adopt(file, written, pathOf(written.digest)),
    async put(content) {
      const digest = digestOf(content)
      if (!existsSync(pathOf(digest))) await writeFileAtomic(pathOf(digest), content, 0o600).catch((error: unknown) => Promise.reject(fromSystemError(error, 'cannot write to the content store')))
      return digest
    },
  }
}

async function adopt(file: string, { digest, size }: { digest: Digest; size: number }, place: string) {
  const found = await stat(file)
  if (found.size !== size) throw mismatch({ digest }, `${found.size} bytes instead of ${size}`)
  await rename(file, place)
}

function missing(error: unknown, digest: Digest): never {
  throw errnoOf(error) === 'ENOENT' ? noSuchBlob(digest) : fromSystemError(error, `cannot read ${digest}`)
}

async function removeStale(ingests: string) {
  for (const name of await readdir(ingests)) {
    const path = join(ingests, name)
    if (Date.now() - (await stat(path)).mtimeMs > STALE_INGEST) await rm(path, { force: true })
  }
}
