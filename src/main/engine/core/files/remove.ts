import { closeSync, constants, lstatSync, openSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { errnoOf } from '#base/system-error.ts'
import { within } from './locate.ts'

const OPEN_DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * Removes what a descriptor's directory has under a name, whatever it is, with all that is below it. Never through a link: Node's own
 * recursive removal resolves the whole path at each step, so that a directory swapped for a link would lead it out of the tree.
 */
export function removeTree(access: string | Buffer): void {
  const stat = lstatSync(access, { throwIfNoEntry: false })
  if (!stat) return
  if (!stat.isDirectory()) return ignoring('ENOENT', () => unlinkSync(access))
  removeBelow(access)
  ignoring('ENOENT', () => rmdirSync(access))
}

/** Empties a directory. */
export function removeBelow(access: string | Buffer): void {
  const directory = openSync(access, OPEN_DIRECTORY)
  try {
    for (const name of readdirSync(`/proc/self/fd/${directory}`, 'latin1')) removeTree(within(directory, name))
  } finally {
    closeSync(directory)
  }
}

function ignoring(errno: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (errnoOf(error) !== errno) throw error
  }
}
