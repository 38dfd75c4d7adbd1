import { closeSync, constants, lstatSync, openSync, readdirSync, type Stats } from 'node:fs'
import { toText } from '../layers/byte-path.ts'
import { EngineError } from '#shared/errors.ts'
import { breathe } from './breathe.ts'
import type { Root } from './files.ts'
import { linkAt, locateTarget, within } from './locate.ts'

export type FileKind = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket'

/** One thing in a directory, for people to look at. */
export interface FileEntry {
  name: string
  kind: FileKind
  /** Bytes; of a directory what the file system says. */
  size: number
  /** Permission bits with setuid, setgid and sticky. */
  mode: number
  uid: number
  gid: number
  /** Unix milliseconds. */
  mtime: number
  /** What a link says. */
  target?: string
}

/** What is in a directory, by name. @throws not-found; invalid-argument when it is none */
export async function listDirectory(root: Root, path: string): Promise<FileEntry[]> {
  using place = locateTarget(root, path)
  if (!place.stat.isDirectory()) throw new EngineError('invalid-argument', `${path}: not a directory`, { reason: 'not-a-directory', field: 'path' })
  const directory = openSync(place.access, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const pause = breathe()
  try {
    const entries: FileEntry[] = []
    for (const name of readdirSync(`/proc/self/fd/${directory}`, 'latin1')) {
      const access = within(directory, name)
      const stat = lstatSync(access, { throwIfNoEntry: false })
      const target = stat?.isSymbolicLink() ? linkAt(access) : undefined
      if (stat) entries.push({ ...describeFile(toText(name), stat), ...(target !== undefined && { target }) })
      await pause()
    }
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
  } finally {
    closeSync(directory)
  }
}

export const describeFile = (name: string, stat: Stats): FileEntry => ({ name, kind: kindOf(stat), size: stat.size, mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: Math.floor(stat.mtimeMs) })

function kindOf(stat: Stats): FileKind {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isCharacterDevice()) return 'char'
  if (stat.isBlockDevice()) return 'block'
  return stat.isFIFO() ? 'fifo' : 'socket'
}
