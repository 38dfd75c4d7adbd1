import { chmodSync, lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { EngineError } from '#shared/errors.ts'

const STICKY = 0o1000
const WORLD_WRITES = 0o002
const OTHERS = 0o007
/** The machine's root as it shows inside a user namespace: https://man7.org/linux/man-pages/man7/user_namespaces.7.html */
const OVERFLOW_ID = 65_534

/**
 * Refuses roots that another user made before us (in /tmp, say), or could put another folder in the place of. Root may keep things where it likes.
 * @throws failed-precondition (foreign-folder)
 */
export function refuseForeignFolders(folders: readonly string[]): void {
  for (const folder of folders) {
    if (!isOurs(folder)) throw foreign(folder)
    const above = dirname(folder)
    const { mode } = lstatSync(above)
    const replaceable = (mode & WORLD_WRITES) !== 0 && (mode & STICKY) === 0
    if (replaceable || (process.geteuid!() !== 0 && !isOurs(above))) throw foreign(above)
  }
}

/** Takes from everybody else what they may do with folders of ours, which an engine before us, or somebody by hand, made. */
export function closeToOthers(folders: readonly string[]): void {
  for (const folder of folders) {
    const { uid, mode } = lstatSync(folder)
    if (uid === process.geteuid!() && (mode & OTHERS) !== 0) chmodSync(folder, mode & 0o7777 & ~OTHERS)
  }
}

const isOurs = (path: string): boolean => [process.geteuid!(), 0, OVERFLOW_ID].includes(lstatSync(path).uid)

function foreign(path: string): EngineError {
  return new EngineError('failed-precondition', `${path} belongs to another user, or may be replaced by one.`, { reason: 'foreign-folder', hint: 'Give folders of your own with --data-root and --run-root.' })
}
