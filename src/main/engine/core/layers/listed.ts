import { createHash, type Hash } from 'node:crypto'
import { closeSync, constants, lstatSync, openSync, readSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { Syscalls } from '../host/host.ts'
import { directoryBelow } from './adopt-attributes.ts'
import { toPath, toText, type BytePath } from './byte-path.ts'
import type { Chunks } from './diff-layer.ts'
import { DIGEST_BYTES, type ListedEntry } from './layers.ts'
import type { TarEntry } from './tar-format.ts'
import { describeEntry, keptXattrs, TarWriter } from './tar-writer.ts'
import { isWhiteoutName } from './whiteout-names.ts'

type Attributes = Pick<Syscalls, 'getXattr' | 'listXattrs'>

/** In the order of a walk, so that their archive is that of the directory they end in; with the directories on the way to them as the layers below have them. */
export function inOrder(entries: readonly ListedEntry[], below: readonly string[]): ListedEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  for (const { path } of entries) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const above = path.slice(0, slash)
      if (byPath.has(above)) break
      const found = directoryBelow(below, above)
      if (found) byPath.set(above, { path: above, type: 'directory', mode: found.mode & 0o7777, uid: found.uid, gid: found.gid, mtime: Math.floor(found.mtimeMs / 1000) })
    }
  }
  // A name is followed by what is below it, which no name can come between.
  const place = ({ path }: ListedEntry) => path.replaceAll('/', '\0')
  const places = new Map([...byPath.values()].map((entry) => [entry, place(entry)]))
  return [...places.keys()].sort((a, b) => (places.get(a)! < places.get(b)! ? -1 : 1))
}

/** An archive of just these. */
export function* packListed(entries: readonly ListedEntry[], syscalls: Attributes): Chunks {
  const writer = new TarWriter(syscalls)
  const first = new Map<string, TarEntry>()
  for (const listed of entries) {
    const { path, source, content } = listed
    // What is named so becomes no file.
    const linked = isWhiteoutName(path) ? undefined : listed.linked
    const before = linked === undefined ? undefined : first.get(linked)
    const header = before ? { ...before, path, type: 'link' as const, linkPath: before.path, size: 0 } : headerOf(listed)
    if (linked !== undefined && !before) first.set(linked, header)
    if (before || source === undefined) writer.made(header, content && Buffer.from(content))
    else if (!(yield* writer.addAs(toPath(source), header))) throw new EngineError('unavailable', `cannot read ${toText(source)}: it is not there any more, or may not be read`)
  }
  yield* writer.finish()
  return { contentSize: writer.contentSize }
}

function headerOf({ type, path, mode, uid, gid, mtime, source }: ListedEntry): TarEntry {
  const access = source === undefined || type === 'file' || type === 'directory' ? undefined : toPath(source)
  const own = access === undefined ? { linkPath: '', major: 0, minor: 0 } : describeEntry({ access, stat: lstatSync(access) }, path, type)
  return { ...own, type, path, mode, uid, gid, mtime, size: 0 }
}

const PIECE = 64 * 1024

/** See Layers.digests. */
export function digestFiles(files: readonly BytePath[], syscalls: Attributes): Uint8Array {
  const digests = Buffer.alloc(files.length * DIGEST_BYTES)
  const piece = Buffer.allocUnsafe(PIECE)
  for (const [index, file] of files.entries()) digestFile(file, piece, syscalls).copy(digests, index * DIGEST_BYTES)
  return digests
}

function digestFile(path: BytePath, piece: Buffer, syscalls: Attributes): Buffer {
  const file = toPath(path)
  const content = createHash('sha256')
  try {
    readInto(content, file, piece)
  } catch (error) {
    throw fromSystemError(error, `cannot read ${toText(path)}`)
  }
  const xattrs = keptXattrs(syscalls, file)
  if (xattrs.size === 0) return content.digest()
  const whole = createHash('sha256').update(content.digest())
  for (const name of [...xattrs.keys()].sort()) whole.update(JSON.stringify([name, Buffer.from(xattrs.get(name)!).toString('base64')]))
  return whole.digest()
}

function readInto(hash: Hash, file: string | Buffer, piece: Buffer): void {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) hash.update(piece.subarray(0, read))
  } finally {
    closeSync(descriptor)
  }
}
