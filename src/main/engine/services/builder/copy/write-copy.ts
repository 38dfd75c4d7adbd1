import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, readlinkSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { pack, type Header, type Pack } from 'tar-stream'
import type { CopyEntry } from './copy-plan.ts'

/** Who owns what is copied, and its mode; undefined keeps what the source has. */
export interface CopyAttributes {
  owner: { uid: number; gid: number } | undefined
  mode: ((before: number, directory: boolean) => number) | undefined
}

/** Digest of everything that makes a difference to the result: names, kinds, modes, owners, contents; never times. */
export async function digestEntries(entries: readonly CopyEntry[], attributes: CopyAttributes): Promise<string> {
  const hash = createHash('sha256')
  for (const entry of [...entries].sort((a, b) => (a.target < b.target ? -1 : 1))) {
    const { uid, gid, mode } = headerOf(entry, attributes)
    hash.update(JSON.stringify([entry.target, entry.kind, mode, uid, gid, entry.kind === 'symlink' ? readlinkSync(entry.hostPath!) : '']))
    if (entry.kind === 'file') hash.update(await contentDigest(entry))
  }
  return hash.digest('hex')
}

async function contentDigest(entry: CopyEntry): Promise<Buffer> {
  const hash = createHash('sha256')
  if (entry.content) return hash.update(entry.content).digest()
  await pipeline(createReadStream(entry.hostPath!), hash)
  return hash.digest()
}

/** Writes the entries as a layer archive into the file. */
export async function writeEntries(entries: readonly CopyEntry[], attributes: CopyAttributes, file: string, signal: AbortSignal): Promise<void> {
  const archive = pack()
  const written = pipeline(archive, createWriteStream(file), { signal })
  const filled = fill(archive, entries, attributes).catch((error: Error) => archive.destroy(error))
  await written
  await filled
}

async function fill(archive: Pack, entries: readonly CopyEntry[], attributes: CopyAttributes): Promise<void> {
  for (const entry of entries) {
    const header = headerOf(entry, attributes)
    if (entry.kind !== 'file') archive.entry({ ...header, type: entry.kind, size: 0, ...(entry.kind === 'symlink' ? { linkname: readlinkSync(entry.hostPath!) } : {}) })
    else if (entry.content) archive.entry({ ...header, type: 'file', size: entry.content.length }, Buffer.from(entry.content))
    else await pipeline(createReadStream(entry.hostPath!), archive.entry({ ...header, type: 'file' }))
  }
  archive.finalize()
}

function headerOf(entry: CopyEntry, { owner, mode }: CopyAttributes): Partial<Header> & Pick<Header, 'name'> {
  const own = entry.stat.mode & 0o7777
  const given = entry.keepsOwner ? undefined : owner
  const changed = entry.kind === 'symlink' || !mode ? own : mode(own, entry.kind === 'directory')
  return { name: entry.target, mode: changed, uid: given?.uid ?? entry.stat.uid, gid: given?.gid ?? entry.stat.gid, size: entry.stat.size, mtime: new Date(Math.floor(entry.stat.mtimeMs / 1000) * 1000) }
}
