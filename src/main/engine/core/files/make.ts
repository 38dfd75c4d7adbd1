import { closeSync, constants, fchmodSync, fchownSync, mkdirSync, openSync } from 'node:fs'
import { posix } from 'node:path'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import { fromText } from '../layers/byte-path.ts'
import type { Root } from './files.ts'
import { openDirectory, splitPath, within } from './locate.ts'

export interface MakeOptions {
  /** Makes what is missing above it as well; what is there already is left as it is. */
  parents?: boolean
  mode?: number
  owner?: { uid: number; gid: number }
}

/** @throws already-exists unless `parents`; not-found when what is above it is missing */
export function makeDirectory(root: Root, path: string, { parents = false, mode = 0o755, owner }: MakeOptions = {}): void {
  const place = posix.normalize(`/${path}`).replace(/(.)\/$/, '$1')
  if (place === '/') return
  const parent = openParent(root, place, parents)
  const access = within(parent, splitPath(place).name)
  try {
    mkdirSync(access, 0o700)
    const made = openSync(access, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    if (owner) fchownSync(made, owner.uid, owner.gid)
    fchmodSync(made, mode)
    closeSync(made)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    if (!parents) throw new EngineError('already-exists', `${path}: it exists already`, { reason: 'path-exists', field: 'path' })
  } finally {
    closeSync(parent)
  }
}

/** A file to mount something on; one that is there stays as it is. */
export function makeEmptyFile(root: Root, path: string): void {
  const parent = openParent(root, posix.normalize(`/${path}`), true)
  try {
    closeSync(openSync(within(parent, splitPath(path).name), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o644))
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    closeSync(parent)
  }
}

function openParent(root: Root, place: string, make: boolean): number {
  const above = posix.dirname(place)
  try {
    return openDirectory(root, fromText(above))
  } catch (error) {
    if (!make || above === '/' || !isEngineError(error, 'not-found')) throw error
    makeDirectory(root, above, { parents: true })
    return openDirectory(root, fromText(above))
  }
}
