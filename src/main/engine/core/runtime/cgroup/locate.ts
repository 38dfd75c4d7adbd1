import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Where a container's cgroup is seen. One directory on cgroup v2, one per controller on v1 (hybrid hosts have their controllers in v1).
 * https://man7.org/linux/man-pages/man7/cgroups.7.html
 */
export interface Cgroup {
  version: 1 | 2
  /** By controller; on v2 every controller gives the same. Undefined: not mounted, or not delegated. */
  directory(controller: string): string | undefined
}

/** A mounted hierarchy: `root` is the cgroup seen at `mount`. */
interface Hierarchy {
  version: 1 | 2
  controllers: string[]
  root: string
  mount: string
}

/**
 * The cgroup of the container with this id that the process is in, or below which it is. Undefined when the container has none of
 * its own (rootless without delegation) or the process is gone.
 */
export function locateCgroup(pid: number, id: string, sources: { mountinfo: string; cgroup: string } | undefined = readSources(pid)): Cgroup | undefined {
  if (sources === undefined) return undefined
  const directories = new Map<string, string>()
  const hierarchies = hierarchiesIn(sources.mountinfo)
  for (const { controllers, path } of sources.cgroup.split('\n').flatMap(parseMembership)) {
    const own = upToContainer(path, id)
    const hierarchy = hierarchies.find((each) => isOf(each, controllers))
    const directory = own === undefined || hierarchy === undefined ? undefined : seenAt(hierarchy, own)
    if (directory === undefined) continue
    for (const controller of controllers.length === 0 ? ['unified'] : controllers) directories.set(controller, directory)
  }
  const unified = directories.get('unified')
  if (directories.size === 0) return undefined
  /* On a hybrid host the unified hierarchy has no controllers; then v1 counts. */
  return directories.size === 1 && unified !== undefined
    ? { version: 2, directory: () => unified }
    : { version: 1, directory: (controller) => directories.get(controller) }
}

/** The engine's own, in whichever hierarchy comes first. */
export function ownCgroupDirectory({ mountinfo, cgroup }: { mountinfo: string; cgroup: string }): string | undefined {
  const hierarchies = hierarchiesIn(mountinfo)
  const found = cgroup.split('\n').flatMap(parseMembership).map(({ controllers, path }) => {
    const hierarchy = hierarchies.find((each) => isOf(each, controllers))
    return hierarchy === undefined ? undefined : seenAt(hierarchy, path)
  })
  return found.find((directory) => directory !== undefined)
}

function readSources(pid: number) {
  try {
    return { mountinfo: readFileSync('/proc/self/mountinfo', 'utf8'), cgroup: readFileSync(`/proc/${pid}/cgroup`, 'utf8') }
  } catch {
    return undefined
  }
}

const isOf = (hierarchy: Hierarchy, controllers: string[]) => (controllers.length === 0 ? hierarchy.version === 2 : controllers.every((name) => hierarchy.controllers.includes(name)))

/** Those that are mounted. */
export const hierarchiesIn = (mountinfo: string): Hierarchy[] => mountinfo.split('\n').flatMap(parseHierarchy)

/** `ID PARENT MAJ:MIN ROOT MOUNT OPTIONS [TAG…] - TYPE SOURCE SUPEROPTIONS` */
function parseHierarchy(line: string): Hierarchy[] {
  const [front, back] = line.split(' - ', 2)
  const [, , , root, mount] = front?.split(' ') ?? []
  const [type, , options] = back?.split(' ') ?? []
  if (root === undefined || mount === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return []
  return [{ version: type === 'cgroup2' ? 2 : 1, controllers: options?.split(',') ?? [], root, mount }]
}

/** `ID:CONTROLLERS:PATH`; the unified hierarchy has no controllers here. */
function parseMembership(line: string): { controllers: string[]; path: string }[] {
  const match = /^\d+:([^:]*):(\/.*)$/.exec(line)
  if (match === null) return []
  return [{ controllers: match[1] === '' ? [] : match[1]!.split(','), path: match[2]! }]
}

/** Process 1 may have moved itself deeper (systemd does). */
function upToContainer(path: string, id: string): string | undefined {
  const parts = path.split('/')
  const at = parts.findIndex((part) => part === id || part === `slipway-${id}.scope`)
  return at === -1 || parts.includes('..') ? undefined : parts.slice(0, at + 1).join('/')
}

function seenAt({ root, mount }: Hierarchy, path: string): string | undefined {
  const below = root === '/' ? path : path.slice(root.length)
  return path === root || path.startsWith(root === '/' ? root : `${root}/`) ? join(mount, below).replace(/\/$/, '') : undefined
}
