import { posix } from 'node:path'
import type { BytePath } from '../../core/layers/byte-path.ts'
import type { FolderListing } from './kept-contexts.ts'

/** Whiteouts for what is listed no more; a folder goes with everything in it. */
export function whiteoutsOf(since: FolderListing, now: FolderListing): BytePath[] {
  const gone = new Set([...since.keys()].filter((path) => !now.has(path)))
  return [...gone].filter((path) => !gone.has(posix.dirname(path))).map((path) => posix.join(posix.dirname(path), `.wh.${posix.basename(path)}`))
}
