import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs'
import { isEngineError } from '#shared/errors.ts'
import type { Syscalls } from '../../../core/host/host.ts'
import { toPath, type BytePath } from '../../../core/layers/byte-path.ts'

const O_PATH = 0o10000000

/** A tree that nobody changes meanwhile (a context, a committed snapshot), in which paths are looked up as if it were `/`. */
export interface RootedTree extends Disposable {
  /** Where the path is on the host, all links followed inside the tree; undefined when there is nothing. */
  locate(path: BytePath): Located | undefined
}
export interface Located {
  hostPath: BytePath
  /** Relative to the tree, without a leading slash; '' is the tree itself. */
  path: BytePath
  stat: Stats
}

export function openTree(root: string, syscalls: Pick<Syscalls, 'openInRoot'>): RootedTree {
  const rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY)
  const realRoot = readlinkSync(`/proc/self/fd/${rootFd}`, 'latin1')
  return {
    locate(path) {
      try {
        const fd = syscalls.openInRoot(rootFd, toPath(path || '.'), O_PATH)
        try {
          const hostPath = readlinkSync(`/proc/self/fd/${fd}`, 'latin1')
          return { hostPath, path: hostPath === realRoot ? '' : hostPath.slice(realRoot.length + 1), stat: lstatSync(toPath(hostPath)) }
        } finally {
          closeSync(fd)
        }
      } catch (error) {
        if (isEngineError(error) && ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.reason ?? '')) return undefined
        throw error
      }
    },
    [Symbol.dispose]: () => closeSync(rootFd),
  }
}
