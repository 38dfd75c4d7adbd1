import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'

/** Where the runtime works by name, as root, before it has changed its root. */
const FOLDERS = ['dev', 'proc', 'sys'] as const

/**
 * An image whose /dev is a link to a path of the host makes runc 1.1 put /dev/fd, /dev/ptmx and others there (the same kind as CVE-2021-30465).
 * No honest image has one. @throws invalid-argument.
 */
export function checkRootFolders(rootfs: string): void {
  for (const name of FOLDERS) {
    const stat = lstatSync(join(rootfs, name), { throwIfNoEntry: false })
    if (stat === undefined || stat.isDirectory()) continue
    throw new EngineError('invalid-argument', `/${name} of the container is ${stat.isSymbolicLink() ? 'a link' : 'not a directory'}; the image is broken or hostile`, { reason: 'hostile-image' })
  }
}
