import { existsSync, rmSync } from 'node:fs'

/**
 * Removes a folder that another process may be tidying up at the same time. `rmSync` with `force` ends without an error, and with the folder
 * still there, at an entry that vanished under it.
 */
export function removeTree(path: string): void {
  do rmSync(path, { recursive: true, force: true })
  while (existsSync(path))
}
