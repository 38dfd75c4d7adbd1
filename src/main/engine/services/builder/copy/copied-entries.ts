import { createHash } from 'node:crypto'
import { constants, readlinkSync } from 'node:fs'
import { toPath, type BytePath } from '../../../core/layers/byte-path.ts'
import { DIGEST_BYTES, type Layers, type ListedEntry } from '../../../core/layers/layers.ts'
import type { CopyEntry } from './copy-plan.ts'

/** Who owns what is copied, and its mode; undefined keeps what the source has. */
export interface CopyAttributes {
  owner: { uid: number; gid: number } | undefined
  mode: ((before: number, directory: boolean) => number) | undefined
}

/** Of contents, by where they are; of a file that has other names nothing is known, since it changes with them. */
export interface KnownDigests {
  find(hostPath: BytePath): Uint8Array | undefined
  put(hostPath: BytePath, digest: Uint8Array): void
  /** Of all that a COPY has read, by its words; nothing in the context is another since. */
  findCopy(words: string): CopiedDigest | undefined
  putCopy(words: string, copied: CopiedDigest): void
}

/** What a COPY or ADD reads, for its line in the history: the digest, and whether it is several files, one, or none. */
export interface CopiedDigest {
  digest: string
  what: 'multi' | 'file' | 'dir'
}

export function whatIs(entries: readonly CopyEntry[]): CopiedDigest['what'] {
  const files = entries.filter(({ kind }) => kind === 'file').length
  return files > 1 ? 'multi' : files === 1 ? 'file' : 'dir'
}

/** Digest of everything that makes a difference to the result: names, kinds, modes, owners, contents; never times. */
export async function digestEntries(layers: Pick<Layers, 'digests'>, entries: readonly CopyEntry[], attributes: CopyAttributes, { signal, digests }: { signal: AbortSignal; digests: KnownDigests | undefined }): Promise<string> {
  const hash = createHash('sha256')
  const sorted = [...entries].sort((a, b) => (a.target < b.target ? -1 : 1))
  const contents = await digestFiles(layers, sorted.filter(({ kind, content }) => kind === 'file' && !content), signal, digests)
  for (const entry of sorted) {
    const { uid, gid, mode } = layerEntry(entry, attributes)
    hash.update(JSON.stringify([entry.target, entry.kind, mode, uid, gid, entry.kind === 'symlink' ? readlinkSync(toPath(entry.hostPath!), 'latin1') : entry.kind === 'special' ? [typeOf(entry), entry.stat.rdev] : '']))
    if (entry.kind === 'file') hash.update(entry.content ? createHash('sha256').update(entry.content).digest() : contents.get(entry)!)
  }
  return hash.digest('hex')
}

async function digestFiles(layers: Pick<Layers, 'digests'>, entries: readonly CopyEntry[], signal: AbortSignal, known: KnownDigests | undefined): Promise<ReadonlyMap<CopyEntry, Uint8Array>> {
  const found = new Map<CopyEntry, Uint8Array>()
  const hasOtherNames = ({ stat }: CopyEntry) => (stat.nlink ?? 1) > 1
  const unknown = entries.filter((entry) => {
    const digest = hasOtherNames(entry) ? undefined : known?.find(entry.hostPath!)
    if (digest) found.set(entry, digest)
    return !digest
  })
  if (unknown.length === 0) return found
  const read = await layers.digests(unknown.map(({ hostPath }) => hostPath!), { signal })
  for (const [index, entry] of unknown.entries()) {
    const digest = read.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
    found.set(entry, digest)
    if (!hasOtherNames(entry)) known?.put(entry.hostPath!, digest)
  }
  return found
}

const SPECIAL = new Map<number, ListedEntry['type']>([[constants.S_IFIFO, 'fifo'], [constants.S_IFCHR, 'char'], [constants.S_IFBLK, 'block']])

/** As they go into the layer. */
export function layerEntry(entry: CopyEntry, { owner, mode }: CopyAttributes): ListedEntry {
  const own = entry.stat.mode & 0o7777
  const given = entry.unpacked ? undefined : owner
  const changed = entry.kind === 'symlink' || !mode ? own : mode(own, entry.kind === 'directory')
  const from = entry.content ? { content: entry.content } : entry.hostPath === undefined ? {} : { source: entry.hostPath }
  const linked = entry.kind === 'file' && (entry.stat.nlink ?? 1) > 1 ? { linked: `${entry.stat.dev}:${entry.stat.ino}` } : {}
  return { path: entry.target, type: typeOf(entry), mode: changed, uid: given?.uid ?? entry.stat.uid, gid: given?.gid ?? entry.stat.gid, mtime: Math.floor(entry.stat.mtimeMs / 1000), ...from, ...linked, ...(entry.unpacked && { mayMove: true }) }
}

const typeOf = ({ kind, stat: { mode } }: CopyEntry): ListedEntry['type'] => (kind === 'special' ? SPECIAL.get(mode & constants.S_IFMT)! : kind)

