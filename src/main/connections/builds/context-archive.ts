import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import type { Pack } from 'tar-stream'
import { ignoreFilesOf, selectContext, type ContextSelection } from '#shared/dockerfile/context-selection.ts'
import { EngineError, messageOf } from '#shared/errors.ts'

export interface ContextArchive {
  archive: Readable
  /** What went in so far; whole when the archive has ended. */
  readonly files: number
  readonly bytes: number
}

/**
 * The folder as the tar that POST /build takes, made as it is sent: nothing of it is kept in memory, and a slow engine slows the reading.
 * What .dockerignore names stays out, except the Dockerfile and itself, which the engine needs. Owners are root's, as the docker client has it.
 */
export async function archiveContext(folder: string, dockerfile: string, signal: AbortSignal): Promise<ContextArchive> {
  const selection = selectContext(await readIgnoreFile(folder, dockerfile), dockerfile)
  const { pack } = await import('tar-stream')
  const archive = pack()
  const counts = { files: 0, bytes: 0 }
  const source = Readable.from(archive as AsyncIterable<Buffer>, { objectMode: false })
  void addFolder({ folder, archive, selection, counts, signal }, '')
    .then(() => archive.finalize())
    .catch((error: unknown) => source.destroy(toFailure(error, folder)))
  return {
    archive: source,
    get files() {
      return counts.files
    },
    get bytes() {
      return counts.bytes
    },
  }
}

async function readIgnoreFile(folder: string, dockerfile: string): Promise<string> {
  for (const name of ignoreFilesOf(dockerfile)) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined)
    if (text !== undefined) return text
  }
  return ''
}

interface Packing {
  folder: string
  archive: Pack
  selection: ContextSelection
  counts: { files: number; bytes: number }
  signal: AbortSignal
}

async function addFolder(packing: Packing, path: string): Promise<void> {
  const { folder, selection, signal } = packing
  const names = (await readdir(join(folder, path))).sort()
  for (const name of names) {
    signal.throwIfAborted()
    const inside = path === '' ? name : `${path}/${name}`
    const isIn = selection.holds(inside)
    const stat = await lstat(join(folder, inside))
    if (stat.isDirectory()) {
      if (isIn) await add(packing, { name: `${inside}/`, type: 'directory', mode: stat.mode & 0o7777, mtime: stat.mtime })
      if (selection.enters(inside)) await addFolder(packing, inside)
    } else if (isIn && stat.isSymbolicLink()) await add(packing, { name: inside, type: 'symlink', mode: 0o777, mtime: stat.mtime, linkname: await readlink(join(folder, inside)) })
    else if (isIn && stat.isFile()) await addFile(packing, inside, stat)
  }
}

function add({ archive }: Packing, header: Parameters<Pack['entry']>[0]): Promise<void> {
  return new Promise((resolve, reject) => archive.entry({ ...header, uid: 0, gid: 0 }, (error) => (error ? reject(error) : resolve())))
}

async function addFile({ folder, archive, counts, signal }: Packing, name: string, stat: { size: number; mode: number; mtime: Date }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const entry = archive.entry({ name, size: stat.size, mode: stat.mode & 0o7777, mtime: stat.mtime, uid: 0, gid: 0 }, (error) => (error ? reject(error) : resolve()))
  counts.files++
  if (stat.size > 0) {
    // A file that grows while it is read gives what it had.
    for await (const chunk of createReadStream(join(folder, name), { end: stat.size - 1, signal })) {
      counts.bytes += (chunk as Buffer).length
      if (!entry.write(chunk as Buffer)) await new Promise<void>((go) => void entry.once('drain', () => go()))
    }
  }
  ;(entry as unknown as Writable).end()
  await promise
}

function toFailure(error: unknown, folder: string): EngineError {
  if (error instanceof EngineError) return error
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ABORT_ERR') return new EngineError('cancelled', 'Cancelled.')
  const hint = code === 'EACCES' || code === 'EPERM' ? 'Let this user read the file, or name it in .dockerignore so that it stays out.' : 'Did it change while it was read? Try again.'
  return new EngineError('failed-precondition', `The folder ${folder} cannot be read whole: ${messageOf(error)}`, { reason: 'context-unreadable', hint, field: 'folder', cause: error })
}
