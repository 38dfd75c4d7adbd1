import { closeSync, constants, openSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { Host } from '../../core/host/host.ts'

/**
 * Gives an empty volume what an image has at the place where it will be mounted, with owners, modes, links and attributes. The place
 * is resolved as if the rootfs were `/`; nothing in it is executed, and links are copied as links.
 */
export async function copyImageContent(host: Pick<Host, 'run' | 'syscalls'>, from: { rootfs: string; path: string }, target: string): Promise<void> {
  if ((await readdir(target)).length > 0) return
  const rootFd = openSync(from.rootfs, constants.O_RDONLY | constants.O_DIRECTORY)
  let sourceFd: number | undefined
  try {
    sourceFd = openSource(host, rootFd, from.path)
    if (sourceFd !== undefined) await host.run('cp', ['--archive', '--', `/proc/${process.pid}/fd/${sourceFd}/.`, target])
  } finally {
    closeSync(rootFd)
    if (sourceFd !== undefined) closeSync(sourceFd)
  }
}

/** Undefined when the image has no folder there. */
function openSource(host: Pick<Host, 'syscalls'>, rootFd: number, path: string): number | undefined {
  try {
    return host.syscalls.openInRoot(rootFd, path, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    return undefined
  }
}
