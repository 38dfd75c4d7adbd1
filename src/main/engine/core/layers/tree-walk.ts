import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, type Stats } from 'node:fs'
import { fromText, toPath, type BytePath } from './byte-path.ts'

/** One thing found below a directory. */
export interface Found {
  /** Relative to the root of the walk; empty for the root. */
  path: BytePath
  /** For system calls: goes through the parent's open descriptor, so that a parent swapped for a link meanwhile is not followed. */
  access: string | Buffer
  stat: Stats
  name: BytePath
}

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

interface Level {
  descriptor: number
  device: number
  path: BytePath
  names: BytePath[]
}

/**
 * Everything below `root` in byte order, a directory before what is in it, never following a link and never entering another file
 * system unless `crosses` says so. The root itself comes first. What vanishes while walking is left out. `/proc/self/fd/N/name` is openat for Node.
 */
export function* walkTree(root: string, crosses: (directory: Found) => boolean = () => false): Generator<Found> {
  const levels: Level[] = [open(toPath(fromText(root)), '')]
  try {
    const stat = lstatSync(`/proc/self/fd/${levels[0]!.descriptor}/.`)
    yield { path: '', access: `/proc/self/fd/${levels[0]!.descriptor}/.`, stat, name: '' }
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names.pop()
      if (name === undefined) {
        closeSync(levels.pop()!.descriptor)
        continue
      }
      const found = look(level, name)
      if (!found) continue
      yield found
      if (found.stat.isDirectory() && (found.stat.dev === level.device || crosses(found))) enter(levels, found)
    }
  } finally {
    for (const { descriptor } of levels) closeSync(descriptor)
  }
}

function look(level: Level, name: BytePath): Found | undefined {
  const access = toPath(`/proc/self/fd/${level.descriptor}/${name}`)
  const stat = lstatSync(access, { throwIfNoEntry: false })
  return stat && { path: level.path === '' ? name : `${level.path}/${name}`, access, stat, name }
}

function enter(levels: Level[], found: Found): void {
  try {
    levels.push(open(found.access, found.path))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(String(error.code)))) throw error
  }
}

function open(access: string | Buffer, path: BytePath): Level {
  const descriptor = openSync(access, OPEN_DIRECTORY)
  // Taken from the end, so the last comes first.
  const names = readdirSync(`/proc/self/fd/${descriptor}`, 'latin1').sort().reverse()
  return { descriptor, device: fstatSync(descriptor).dev, path, names }
}
