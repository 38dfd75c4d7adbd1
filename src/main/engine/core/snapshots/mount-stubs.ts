import { lstatSync, readdirSync, rmdirSync, unlinkSync, type Stats } from 'node:fs'
import { join, posix } from 'node:path'
import type { Change, DiffSource } from '../layers/layers.ts'

/** Places that the runtime mounts on; it makes what is missing. Deepest first, so that empty folders fall in one pass. */
const STUBS = ['/etc/hosts', '/etc/hostname', '/etc/resolv.conf', '/etc', '/dev/console', '/dev/pts', '/dev/shm', '/dev/mqueue', '/dev', '/proc', '/sys/fs/cgroup', '/sys/fs', '/sys', '/.dockerenv']

/**
 * Empty files and folders of an upper directory that are there only because something was mounted on them: they are the engine's, not the
 * container's, and must not become part of a layer. A place that a layer below has, or that holds anything else, is none. Absolute, what is deeper first.
 *
 * @param upper changes of a snapshot; @param below directories of the chain, top to bottom; @param targets further mount targets
 */
export function findMountStubs(upper: string, below: readonly string[], targets: readonly string[] = []): string[] {
  const extra = targets.flatMap(withParents).sort((a, b) => b.length - a.length)
  const found = new Set<string>()
  for (const path of [...extra, ...STUBS]) if (!below.some((layer) => lookUp(layer, path)) && isStub(upper, path, found)) found.add(path)
  return [...found]
}

/**
 * Removes them, from a snapshot that is not mounted, with the folders above that came into the upper directory only because of them.
 * `isOwn` says of a folder that hides what is below it: that one is the container's.
 */
export function removeMountStubs(upper: string, below: readonly string[], targets: readonly string[] = [], isOwn: (folder: string) => boolean = () => true): void {
  const stubs = findMountStubs(upper, below, targets)
  for (const path of stubs) {
    if (lookUp(upper, path)?.isDirectory()) rmdirSync(join(upper, path))
    else unlinkSync(join(upper, path))
  }
  const above = new Set(stubs.flatMap((path) => withParents(posix.dirname(path))))
  for (const path of [...above].sort((a, b) => b.length - a.length)) {
    const found = lookUp(upper, path)
    if (found?.isDirectory() && hasSameOwner(found, below, path) && readdirSync(join(upper, path)).length === 0 && !isOwn(join(upper, path))) rmdirSync(join(upper, path))
  }
}

/**
 * The changes that are the container's own. With the stubs go the folders above them that nothing else has changed: making a stub
 * gave them another time.
 */
export function withoutStubs(changes: readonly Change[], stubs: readonly string[], { directory, below = [] }: DiffSource): Change[] {
  const known = new Set(stubs)
  const kept = changes.filter(({ path }) => !known.has(path))
  const above = new Set(stubs.flatMap((path) => withParents(posix.dirname(path))).filter((path) => !known.has(path)))
  const isTouchedOnly = ({ path, kind }: Change) => kind === 'modified' && above.has(path) && !kept.some((other) => other.path.startsWith(`${path}/`)) && hasSameOwner(lookUp(directory, path), below, path)
  // Deepest first, so that a folder above an untouched folder is untouched itself.
  for (const change of kept.toSorted((a, b) => b.path.length - a.path.length)) if (isTouchedOnly(change)) kept.splice(kept.indexOf(change), 1)
  return kept
}

function hasSameOwner(now: Stats | undefined, below: readonly string[], path: string): boolean {
  const before = below.map((layer) => lookUp(layer, path)).find((found) => found !== undefined)
  return now !== undefined && before !== undefined && now.mode === before.mode && now.uid === before.uid && now.gid === before.gid
}

const withParents = (path: string): string[] => {
  const parents: string[] = []
  for (let at = posix.normalize(`/${path}`).replace(/(.)\/$/, '$1'); at !== '/'; at = posix.dirname(at)) parents.push(at)
  return parents
}

/** Never through a link: every parent has to be a real folder of the layer. */
function lookUp(layer: string, path: string): Stats | undefined {
  for (const parent of withParents(posix.dirname(path)).reverse()) if (!lstatSync(join(layer, parent), { throwIfNoEntry: false })?.isDirectory()) return undefined
  return lstatSync(join(layer, path), { throwIfNoEntry: false })
}

function isStub(upper: string, path: string, stubs: ReadonlySet<string>): boolean {
  const found = lookUp(upper, path)
  if (found?.isDirectory()) return readdirSync(join(upper, path)).every((name) => stubs.has(posix.join(path, name)))
  return found?.isFile() === true && found.size === 0
}
