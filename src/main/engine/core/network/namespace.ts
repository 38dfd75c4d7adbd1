import { mkdir, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isEngineError } from '#shared/errors.ts'
import type { Host } from '../host/host.ts'

/** Sandboxes are pinned as files named after their container, in one folder of the run root. */
export interface Namespaces {
  pathOf(containerId: string): string
  /** A new one with loopback up; a left-over of that name is removed first. */
  create(containerId: string): Promise<string>
  /** An absent one is nothing. */
  remove(containerId: string): Promise<void>
  /** Container ids of all that are pinned. */
  list(): Promise<string[]>
}

export function createNamespaces(host: Pick<Host, 'syscalls'>, folder: string): Namespaces {
  const pathOf = (containerId: string) => join(folder, containerId)
  const made = mkdir(folder, { recursive: true, mode: 0o700 })
  async function remove(containerId: string) {
    try {
      host.syscalls.unmount(pathOf(containerId), { detach: true })
    } catch (error) {
      // EINVAL: a plain file, left when the machine went down. ENOENT: nothing.
      if (!isEngineError(error, 'invalid-argument') && !isEngineError(error, 'not-found')) throw error
    }
    await unlink(pathOf(containerId)).catch(ignoreAbsent)
  }
  return {
    pathOf,
    remove,
    async create(containerId) {
      await made
      const path = pathOf(containerId)
      try {
        host.syscalls.createNetworkNamespace(path)
      } catch (error) {
        if (!isEngineError(error, 'already-exists')) throw error
        await remove(containerId)
        host.syscalls.createNetworkNamespace(path)
      }
      return path
    },
    async list() {
      await made
      return readdir(folder)
    },
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException) {
  if (error.code !== 'ENOENT') throw error
}
