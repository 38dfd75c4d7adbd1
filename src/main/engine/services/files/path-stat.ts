import { closeSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Place, Root } from '../../core/files/files.ts'
import { isKernelsOwn } from '../../core/files/kernels-own.ts'
import { linkAt, locate, pathOf } from '../../core/files/locate.ts'
import { fromText, toPath } from '../../core/layers/byte-path.ts'
import { withContainer } from './open-container.ts'
import type { FilesContext } from './context.ts'
import type { ContainerFacts } from './needs.ts'

/** What `docker cp` is told of a path before it copies. */
export interface PathStat {
  /** Last element of the path as it was asked for. */
  name: string
  stat: Stats
  /** Absolute in the container; empty unless it is a link. */
  linkTarget: string
}

/** @throws not-found */
export const statPath = (ctx: FilesContext, reference: string, path: string): Promise<PathStat> =>
  withContainer(ctx, reference, async (root, container) => {
    using place = find(root, container, path)
    return describe(root, place, path)
  })

/**
 * As {@link locate}, in Docker's words. What the kernel makes up (/proc, /sys) is not part of a container's files.
 * @throws not-found, invalid-argument
 */
export function find(root: Root, container: ContainerFacts, path: string): Place {
  if (path === '') throw new EngineError('invalid-argument', "bad parameter: 'path' cannot be empty", { field: 'path' })
  try {
    const place = locate(root, absolute(path))
    if (!isKernelsOwn(place.parent)) return place
    place[Symbol.dispose]()
  } catch (error) {
    if (!isEngineError(error, 'not-found')) throw error
  }
  throw noSuchFile(path, container)
}

export const noSuchFile = (path: string, { name, asked }: Pick<ContainerFacts, 'name' | 'asked'>) => new EngineError('not-found', `Could not find the file ${path} in container ${asked ?? name}`, { reason: 'no-such-path' })

/** A slash or dot at the end keeps its meaning: the directory, through a link. */
export const absolute = (path: string): string => {
  const clean = posix.normalize(`/${path}`)
  return /(^|\/)\.\/*$/.test(path) ? `${clean.replace(/\/$/, '')}/.` : clean
}

export function describe(root: Root, place: Place, path: string): PathStat {
  const clean = absolute(path)
  const name = clean === '/' ? '/' : clean.replace(/\/$/, '').split('/').at(-1)!
  return { name, stat: place.stat, linkTarget: place.stat.isSymbolicLink() ? targetOf(root, place) : '' }
}

/** Where a link leads in the end; where it says, when there is nothing. */
function targetOf(root: Root, place: Place): string {
  const says = linkAt(place.access)
  if (says === undefined) return ''
  const above = pathOf(root, place.parent)
  try {
    const target = root.syscalls.openInRoot(root.descriptor, toPath(fromText(posix.resolve(above, says))), 0o10000000 /* O_PATH */)
    try {
      return pathOf(root, target)
    } finally {
      closeSync(target)
    }
  } catch (error) {
    if (!isEngineError(error)) throw error
    return posix.resolve(above, says)
  }
}
