import { linkSync, lstatSync, renameSync, type Stats } from 'node:fs'
import { errnoOf } from '#base/system-error.ts'
import { toPath, type BytePath } from './byte-path.ts'
import type { ListedEntry } from './layers.ts'
import type { TarEntry } from './tar-format.ts'

export type Reuse = NonNullable<ListedEntry['reuse']>

/** By the paths that an archive has for them: files of one tree that need not be written again. */
export type Reusable = ReadonlyMap<BytePath, { source: string; reuse: Reuse }>

/** Another file system; too many names, as the file system or the machine's rules (fs.protected_hardlinks) have it. */
const WRITTEN_INSTEAD = new Set(['EXDEV', 'EMLINK', 'EPERM'])

/** Puts files where an archive says that they are. */
export class ReusedFiles {
  #files: Reusable | undefined

  constructor(files: Reusable | undefined) {
    this.#files = files
  }

  /** Undefined where the entry has to be written. What is at `path` is never replaced. @throws EEXIST where something shared should be */
  put(path: BytePath, entry: TarEntry): Reuse | undefined {
    const file = this.#files?.get(entry.path)
    if (!file) return undefined
    try {
      return file.reuse === 'move' ? move(file.source, path) : share(file.source, path, entry)
    } catch (error) {
      const reason = errnoOf(error) ?? ''
      if (reason === 'EXDEV') this.#files = undefined
      if (WRITTEN_INSTEAD.has(reason)) return undefined
      throw error
    }
  }
}

function move(source: string, path: BytePath): Reuse | undefined {
  if (lstatSync(toPath(path), { throwIfNoEntry: false })) return undefined
  renameSync(source, toPath(path))
  return 'move'
}

function share(source: string, path: BytePath, entry: TarEntry): Reuse | undefined {
  if (!isAs(lstatSync(source), entry)) return undefined
  linkSync(source, toPath(path))
  return 'share'
}

const isAs = (stat: Stats, { mode, uid, gid, mtime, xattrs }: TarEntry): boolean =>
  (stat.mode & 0o7777) === mode && stat.uid === uid && stat.gid === gid && stat.mtimeMs === mtime * 1000 && (xattrs?.size ?? 0) === 0
