import type { Readable } from 'node:stream'
import { EngineError } from '#shared/errors.ts'
import { batchesOf } from '#base/batches.ts'
import { isDigest, type Digest } from '#shared/oci/digest.ts'
import type { ContentWriter } from '../../core/content/content-store.ts'
import type { Lease } from '../../core/leases/leases.ts'
import { toText } from '../../core/layers/byte-path.ts'
import { normalise } from '../../core/layers/rooted-path.ts'
import type { TarEntry } from '../../core/layers/tar-format.ts'
import { TarReader, type TarHandler } from '../../core/layers/tar-reader.ts'
import { dropIfNew } from './drop-damaged.ts'
import type { Service } from './service.ts'

/** A file of an archive, which is now a blob. `head` are its first bytes. */
export interface ArchivedFile {
  digest: Digest
  size: number
  head: Buffer
}

/** Files of an archive by their path in it; nothing of it ever becomes a path on this machine. */
export interface Archive {
  find(path: string): ArchivedFile | undefined
  /** @throws invalid-argument */
  get(path: string): ArchivedFile
  readonly digests: ReadonlySet<Digest>
}

const FILE_LIMIT = 100_000
const LINK_LIMIT = 20

type Destination = Pick<Service, 'content' | 'layers' | 'seenWhole'>

type Step = { entry: TarEntry } | { data: Buffer[] } | 'complete'

/** Puts every file of the archive into the content store, held by the lease. Entries other than files and links are skipped. */
export async function readArchive(service: Destination, stream: Readable, lease: Lease, signal: AbortSignal | undefined): Promise<Archive> {
  const files = new Map<string, ArchivedFile>()
  const links = new Map<string, string>()
  const steps: Step[] = []
  const reader = new TarReader(collecting(steps))
  let current: OpenFile | undefined
  try {
    for await (const batch of batchesOf(stream, { own: true })) {
      if (signal?.aborted) throw new EngineError('cancelled', 'the operation was cancelled', { reason: 'cancelled' })
      for (const chunk of batch) if (!reader.ended) reader.write(chunk)
      for (const step of steps.splice(0)) {
        if (step === 'complete') {
          if (current) files.set(current.path, await finish(service, current, lease))
          current = undefined
        } else if ('data' in step) {
          for (const data of step.data) if (current && current.head.length < 6) current.head = Buffer.concat([current.head, data.subarray(0, 6)])
          await current?.writer?.write(...step.data)
        } else {
          const path = normalise(step.entry.path).map(toText).join('/')
          if (files.size + links.size > FILE_LIMIT) throw new EngineError('invalid-argument', `the archive has more than ${FILE_LIMIT} files`, { reason: 'invalid-archive' })
          if (step.entry.type === 'file') current = await openFile(service, path, step.entry.size, lease)
          else if (step.entry.type === 'symlink' || step.entry.type === 'link') links.set(path, linkTarget(path, step.entry))
        }
      }
    }
    reader.end()
  } catch (error) {
    await current?.writer?.abort()
    throw error
  }
  return archiveOf(files, links)
}

/** In each turn all content of a file that has come is one step, so that it is one write. */
const collecting = (steps: Step[]): TarHandler => ({
  entry: (entry) => void steps.push({ entry }),
  data(data) {
    const last = steps.at(-1)
    if (typeof last === 'object' && 'data' in last) last.data.push(data)
    else steps.push({ data: [data] })
  },
  complete: () => void steps.push('complete'),
})

interface OpenFile {
  path: string
  head: Buffer
  /** Without one it is here already. */
  writer: ContentWriter | undefined
  known?: { digest: Digest; size: number }
}

/** What is named by its digest and here already, whole, is not written again: an archive that is loaded twice costs its reading. */
async function openFile(service: Destination, path: string, size: number, lease: Lease): Promise<OpenFile> {
  const { content } = service
  const head = Buffer.alloc(0)
  const digest = digestIn(path)
  if (digest !== undefined && content.has(digest) && content.sizeOf(digest) === size && !(await dropIfNew(service, digest)) && content.has(digest)) {
    lease.hold(digest)
    return { path, head, writer: undefined, known: { digest, size } }
  }
  return { path, head, writer: await content.writer() }
}

const BLOBS = 'blobs/sha256/'

function digestIn(path: string): Digest | undefined {
  const digest = `sha256:${path.slice(BLOBS.length)}`
  return path.startsWith(BLOBS) && isDigest(digest) ? digest : undefined
}

async function finish({ seenWhole }: Destination, { head, writer, known }: OpenFile, lease: Lease): Promise<ArchivedFile> {
  const written = known ?? (await writer!.commit((digest) => lease.hold(digest)))
  if (!known) await seenWhole.note(written.digest)
  return { ...written, head }
}

/** Old archives share a layer by a link from one image's folder to another's. Targets stay in the archive, whatever they say. */
function linkTarget(path: string, entry: TarEntry): string {
  const target = toText(entry.linkPath)
  const folder = path.split('/').slice(0, -1)
  return entry.type === 'link' || target.startsWith('/') ? normalise(target).join('/') : normalise([...folder, target].join('/')).join('/')
}

function archiveOf(files: ReadonlyMap<string, ArchivedFile>, links: ReadonlyMap<string, string>): Archive {
  const find = (path: string): ArchivedFile | undefined => {
    let at = normalise(path).join('/')
    for (let count = 0; count < LINK_LIMIT && links.has(at); count++) at = links.get(at)!
    return files.get(at)
  }
  return {
    find,
    get(path) {
      const found = find(path)
      if (!found) throw new EngineError('invalid-argument', `invalid archive: it has no file ${JSON.stringify(path.slice(0, 300))}`, { reason: 'invalid-archive' })
      return found
    },
    digests: new Set([...files.values()].map(({ digest }) => digest)),
  }
}
