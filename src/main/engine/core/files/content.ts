import { randomUUID } from 'node:crypto'
import { closeSync, constants, fchmodSync, fchownSync, lstatSync, openSync, read, renameSync, unlinkSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { EngineError } from '#shared/errors.ts'
import { fromText } from '../layers/byte-path.ts'
import { ContentWriter } from './content-writer.ts'
import type { Root } from './files.ts'
import { openDirectory, splitPath, within } from './locate.ts'
import { PIECE, Pieces } from './pieces.ts'
import { pump } from './pump.ts'

const readBytes = promisify(read)

/** As many bytes as there are up to `size`; ends early when the file has become shorter. A piece may be written over once the next but one is asked for. */
export async function* readContent(descriptor: number, size: number): AsyncGenerator<Uint8Array> {
  const pieces = new Pieces()
  for (let at = 0; at < size; ) {
    const piece = pieces.take(Math.min(PIECE, size - at))
    const { bytesRead } = await readBytes(descriptor, piece, 0, piece.length, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield piece.subarray(0, bytesRead)
  }
}

/**
 * Makes a file, or puts it in the place of the one that is there once all of it has come, with the same owner and mode. A link there is replaced and not
 * followed. @throws not-found when the folder is missing; invalid-argument when there is a folder of that name
 */
export async function writeContent(root: Root, path: string, source: Readable): Promise<void> {
  const { directory, name } = splitPath(path)
  if (name === '.') throw new EngineError('invalid-argument', `${path}: not the name of a file`, { reason: 'not-a-file', field: 'path' })
  const parent = openDirectory(root, fromText(directory))
  try {
    const before = lstatSync(within(parent, name), { throwIfNoEntry: false })
    if (before?.isDirectory()) throw new EngineError('invalid-argument', `${path}: is a folder`, { reason: 'other-kind', field: 'path' })
    const draft = within(parent, `.slipway-${randomUUID()}`)
    await fill(draft, source, before?.isFile() ? before : { mode: 0o644, uid: 0, gid: 0 })
    renameSync(draft, within(parent, name))
  } finally {
    closeSync(parent)
  }
}

async function fill(draft: string | Buffer, source: Readable, { mode, uid, gid }: { mode: number; uid: number; gid: number }): Promise<void> {
  const descriptor = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  const content = new ContentWriter(descriptor)
  try {
    let offset = 0
    await pump(source, (chunk) => {
      content.add(chunk, offset)
      offset += chunk.length
      return content.drain()
    })
    await content.finish()
    fchownSync(descriptor, uid, gid)
    fchmodSync(descriptor, mode & 0o7777)
  } catch (error) {
    await content.settle()
    unlinkSync(draft)
    throw error
  } finally {
    closeSync(descriptor)
  }
}
