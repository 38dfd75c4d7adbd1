import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fromSystemError } from '#base/system-error.ts'
import type { Operation } from '../operation.ts'
import type { FileAccess } from './access.ts'
import { meter } from './save-file.ts'
import { openTar, type OpenTar } from './tar.ts'

/** Copies files and folders of this machine into a folder: modes, times and links are kept, all belongs to root, as with `docker cp`. */
export async function putSources(files: FileAccess, folder: string, sources: readonly string[], operation: Operation): Promise<void> {
  const tar = openTar()
  const counter = meter(operation, await sizeOf(sources))
  tar.stream.pipe(counter)
  tar.stream.on('error', (error) => counter.destroy(error))
  const unpacking = files.unpack(folder, counter)
  unpacking.catch(tar.fail)
  try {
    for (const source of sources) await add(tar, source, basename(source), operation.signal)
    tar.end()
  } catch (error) {
    tar.stream.destroy(error as Error)
    await unpacking.catch(() => {})
    throw fromSystemError(error, 'cannot copy')
  }
  await unpacking
}

async function add(tar: OpenTar, path: string, name: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const stat = await lstat(path)
  const header = { name, mode: stat.mode & 0o7777, mtime: stat.mtime, uid: 0, gid: 0 }
  if (stat.isDirectory()) {
    await tar.add({ ...header, type: 'directory' }).end()
    for (const child of await readdir(path)) await add(tar, join(path, child), `${name}/${child}`, signal)
  } else if (stat.isSymbolicLink()) {
    await tar.add({ ...header, type: 'symlink', linkname: await readlink(path) }).end()
  } else if (stat.isFile()) {
    const entry = tar.add({ ...header, type: 'file', size: stat.size })
    // No more than was announced, should it grow meanwhile.
    if (stat.size > 0) for await (const bytes of createReadStream(path, { end: stat.size - 1, signal }) as AsyncIterable<Buffer>) await entry.write(bytes)
    await entry.end()
  }
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  let sum = 0
  for (const path of paths) {
    const stat = await lstat(path)
    sum += stat.isDirectory() ? await sizeOf((await readdir(path)).map((child) => join(path, child))) : stat.isFile() ? stat.size : 0
  }
  return sum
}
