import { createHash, type Hash } from 'node:crypto'
import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { Syscalls } from '../host/host.ts'
import type { Chunks } from './diff-layer.ts'
import { DIGEST_BYTES, type ListedEntry } from './layers.ts'
import type { TarEntry } from './tar-format.ts'
import { keptXattrs, TarWriter } from './tar-writer.ts'

type Attributes = Pick<Syscalls, 'getXattr' | 'listXattrs'>

/** An archive of just these. */
export function* packListed(entries: readonly ListedEntry[], syscalls: Attributes): Chunks {
  const writer = new TarWriter(syscalls)
  for (const listed of entries) {
    const { source, content } = listed
    if (source === undefined) writer.made(headerOf(listed), content && Buffer.from(content))
    else if (!(yield* writer.addAs(source, headerOf(listed)))) throw new EngineError('unavailable', `cannot read ${source}: it is not there any more, or may not be read`)
  }
  yield* writer.finish()
  return { contentSize: writer.contentSize }
}

function headerOf({ type, path, mode, uid, gid, mtime, source }: ListedEntry): TarEntry {
  return { type, path, mode, uid, gid, mtime, linkPath: type === 'symlink' ? readlinkSync(source!, 'latin1') : '', size: 0, major: 0, minor: 0 }
}

const PIECE = 64 * 1024

/** See Layers.digests. */
export function digestFiles(files: readonly string[], syscalls: Attributes): Uint8Array {
  const digests = Buffer.alloc(files.length * DIGEST_BYTES)
  const piece = Buffer.allocUnsafe(PIECE)
  for (const [index, file] of files.entries()) digestFile(file, piece, syscalls).copy(digests, index * DIGEST_BYTES)
  return digests
}

function digestFile(file: string, piece: Buffer, syscalls: Attributes): Buffer {
  const content = createHash('sha256')
  try {
    readInto(content, file, piece)
  } catch (error) {
    throw fromSystemError(error, `cannot read ${file}`)
  }
  const xattrs = keptXattrs(syscalls, file)
  if (xattrs.size === 0) return content.digest()
  const whole = createHash('sha256').update(content.digest())
  for (const name of [...xattrs.keys()].sort()) whole.update(JSON.stringify([name, Buffer.from(xattrs.get(name)!).toString('base64')]))
  return whole.digest()
}

function readInto(hash: Hash, file: string, piece: Buffer): void {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) hash.update(piece.subarray(0, read))
  } finally {
    closeSync(descriptor)
  }
}
