import { createReadStream, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Descriptor } from '#shared/oci/descriptor.ts'
import { hexOf, isDigest, type Digest } from '#shared/oci/digest.ts'
import { EngineError } from '#shared/errors.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'
import { disk as realDisk, type Disk } from '#base/disk.ts'
import { errnoOf, fromSystemError } from '#base/system-error.ts'
import { assertMatches, assertReadable, digestOf, noSuchBlob, SMALL_BLOB_LIMIT } from './blob-reader.ts'
import type { ContentStore } from './content-store.ts'
import { openIngest } from './ingest-file.ts'
import { createTurns } from './turns.ts'
import { mismatch, verifiedStream } from './verified-stream.ts'

/** Opens or creates the OCI image layout at `root`; removes what a cut left that nobody can take up. */
export async function openContentStore(root: string, disk: Disk = realDisk): Promise<ContentStore> {
  const blobs = join(root, 'blobs', 'sha256')
  const ingests = join(root, 'ingest')
  mkdirSync(blobs, { recursive: true, mode: 0o700 })
  mkdirSync(ingests, { recursive: true, mode: 0o700 })
  if (!existsSync(join(root, 'oci-layout'))) writeFileSync(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await removeUnusable(disk, blobs, ingests)
  const turns = createTurns()
  let made = 0
  /** Of what is never taken up: the next opening removes it. */
  const temporary = (what: string) => join(ingests, `${what}-${made++}`)
  const pathOf = (digest: Digest) => join(blobs, hexOf(digest))

  async function writerAt(place: string, expected: Descriptor | undefined, { keep = expected !== undefined, flush = false } = {}) {
    const release = await turns.take(place)
    try {
      return await openIngest(place, expected, { keep, flush, placeOf: pathOf, closed: release, disk })
    } catch (error) {
      release()
      throw fromSystemError(error, 'cannot write to the content store')
    }
  }

  return {
    ...reading(pathOf),
    async *list() {
      for (const name of await readdir(blobs)) {
        const digest = `sha256:${name}`
        const found = isDigest(digest) && statSync(pathOf(digest), { throwIfNoEntry: false })
        if (found) yield { digest: digest as Digest, size: found.size }
      }
    },
    remove: (digest) => discard(disk, pathOf(digest), temporary('removed')),
    writer: (expected) => writerAt(expected ? join(ingests, hexOf(expected.digest)) : temporary('new'), expected),
    namedWriter: (name) => writerAt(join(ingests, `${NAMED}${assertPlain(name)}`), undefined, { keep: true, flush: true }),
    listParts: async () => (await readdir(ingests)).filter((name) => isPart(name) && !turns.isTaken(join(ingests, name))).map((name) => `sha256:${name}` as Digest),
    async removePart(digest) {
      const place = join(ingests, hexOf(digest))
      if (!turns.isTaken(place)) await discard(disk, place, temporary('removed'))
    },
    adopt: (file, written) => adopt(disk, file, written, pathOf(written.digest)),
    async put(content) {
      const digest = digestOf(content)
      if (!existsSync(pathOf(digest))) await writeFileAtomic(pathOf(digest), content, 0o600, { temporary: temporary('put'), on: disk }).catch((error: unknown) => Promise.reject(fromSystemError(error, 'cannot write to the content store')))
      return digest
    },
  }
}

/** Everything that looks at one blob. */
const reading = (pathOf: (digest: Digest) => string): Pick<ContentStore, 'pathOf' | 'has' | 'sizeOf' | 'open' | 'read'> => ({
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
    const content = await readFile(path).catch((error: unknown) => missing(error, target.digest))
    assertMatches(target, content)
    return content
  },
})

/** Out of sight before anybody else has a turn, so that what was looked at just before still holds; its bytes go after. */
async function discard(disk: Disk, path: string, aside: string): Promise<void> {
  try {
    disk.renameNow(path, aside)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw fromSystemError(error, `cannot remove ${path}`)
  }
  await disk.remove(aside)
}

async function adopt(disk: Disk, file: string, { digest, size }: { digest: Digest; size: number }, place: string) {
  const found = await stat(file)
  if (found.size !== size) throw mismatch({ digest }, `${found.size} bytes instead of ${size}`)
  await disk.sync(file)
  await disk.rename(file, place)
  await disk.syncFolder(dirname(place))
}

function missing(error: unknown, digest: Digest): never {
  throw errnoOf(error) === 'ENOENT' ? noSuchBlob(digest) : fromSystemError(error, `cannot read ${digest}`)
}

/** What somebody gave a name goes on; whoever gave it removes it. */
const NAMED = 'named-'
function assertPlain(name: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(name)) return name
  throw new EngineError('internal', `${JSON.stringify(name)} is no name for a writer`)
}
const isPart = (name: string) => isDigest(`sha256:${name}`)

/** Only the part of a blob that is known, or has a name, can be taken up. Earlier versions wrote small blobs beside the whole ones. */
async function removeUnusable(disk: Disk, blobs: string, ingests: string) {
  for (const name of await readdir(ingests)) if (!isPart(name) && !name.startsWith(NAMED)) await disk.remove(join(ingests, name))
  for (const name of await readdir(blobs)) if (name.endsWith('.tmp')) await disk.remove(join(blobs, name))
}
