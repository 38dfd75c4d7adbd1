import { lstatSync, rmdirSync, unlinkSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** Places that the runtime mounts on; it makes what is missing. Deepest first, so that empty folders fall in one pass. */
const STUBS = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/etc', '/dev/console', '/dev/pts', '/dev/shm', '/dev/mqueue', '/dev', '/proc', '/sys/fs/cgroup', '/sys/fs', '/sys', '/.dockerenv']

/** Whether the runtime mounts there, so that an empty file or folder may be the engine's own doing. */
export const isMountStub = (path: string): boolean => STUBS.includes(path)

/**
 * Removes from an upper directory the empty files and folders that are there only because something was mounted on them: they are the engine's, not
 * the container's, and must not become part of a layer. A place that a layer below has, or that holds anything, stays.
 *
 * @param upper changes of an unmounted snapshot; @param below directories of the chain, top to bottom; @param targets further mount targets
 */
export function removeMountStubs(upper: string, below: readonly string[], targets: readonly string[] = []): void {
  const extra = targets.flatMap(withParents).sort((a, b) => b.length - a.length)
  for (const path of [...extra, ...STUBS]) if (!below.some((layer) => lstatSync(join(layer, path), { throwIfNoEntry: false }))) removeIfEmpty(upper, path)
}

const withParents = (path: string): string[] => {
  const parents: string[] = []
  for (let at = posix.normalize(`/${path}`); at !== '/'; at = posix.dirname(at)) parents.push(at)
  return parents
}

/** Never through a link: every parent has to be a real folder of the upper directory. */
function removeIfEmpty(upper: string, path: string): void {
  for (let parent = dirname(path); parent !== '/'; parent = dirname(parent)) if (!lstatSync(join(upper, parent), { throwIfNoEntry: false })?.isDirectory()) return
  const full = join(upper, path)
  const stat = lstatSync(full, { throwIfNoEntry: false })
  if (stat?.isFile() && stat.size === 0) unlinkSync(full)
  if (stat?.isDirectory()) removeEmptyFolder(full)
}

function removeEmptyFolder(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
  }
}
