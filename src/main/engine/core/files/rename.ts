import { closeSync, lstatSync, renameSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import { fromText } from '../layers/byte-path.ts'
import type { Root } from './files.ts'
import { locate, openDirectory, splitPath, within } from './locate.ts'

/**
 * Gives something another name, in the same folder or another one. A link is renamed, not what it points at.
 * @throws not-found; already-exists; invalid-argument for a folder into itself; failed-precondition between two file systems
 */
export function renameEntry(root: Root, from: string, to: string): void {
  using source = locate(root, from)
  const { directory, name } = splitPath(to)
  if (source.name === '.') throw new EngineError('invalid-argument', `${from}: this cannot be renamed`, { reason: 'not-a-name', field: 'from' })
  if (name === '.') throw new EngineError('invalid-argument', `${to}: not a name`, { reason: 'not-a-name', field: 'to' })
  const parent = openDirectory(root, fromText(directory))
  try {
    if (lstatSync(within(parent, name), { throwIfNoEntry: false })) throw new EngineError('already-exists', `${to}: it exists already`, { reason: 'path-exists', field: 'to' })
    renameSync(source.access, within(parent, name))
  } catch (error) {
    if (errnoOf(error) === 'EXDEV') throw new EngineError('failed-precondition', `${from} and ${to} are on two file systems`, { reason: 'other-file-system', hint: 'Copy it and remove the old one.', cause: error })
    if (errnoOf(error) === 'EINVAL') throw new EngineError('invalid-argument', `${from}: a folder cannot be moved into itself`, { reason: 'into-itself', field: 'to', cause: error })
    throw error
  } finally {
    closeSync(parent)
  }
}
