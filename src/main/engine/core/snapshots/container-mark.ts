import { lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Programs look for this file to learn that they run in a container. */
const MARK = '.dockerenv'

/**
 * Writes it into the changes of a new snapshot, which has never been mounted, so that nothing in it can lead elsewhere. It is one of the stubs that are
 * no change of the container's and in no image (mount-stubs.ts); an image that has the file, as one that was exported once does, keeps its own.
 */
export function writeContainerMark(directory: string, below: readonly string[]): void {
  if ([directory, ...below].some((layer) => lstatSync(join(layer, MARK), { throwIfNoEntry: false }) !== undefined)) return
  writeFileSync(join(directory, MARK), '', { flag: 'wx', mode: 0o755 })
}
