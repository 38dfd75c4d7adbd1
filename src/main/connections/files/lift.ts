import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Operation } from '../operation.ts'
import type { FileAccess } from './access.ts'
import { meter, saveFile } from './save-file.ts'

/** Folders of what was lifted, one for each thing: two of one name do not meet. */
const lifted = new Set<string>()

/** Copies each to this machine under its own name; a folder as an archive. @returns where they are */
export async function liftFiles(files: FileAccess, paths: readonly string[], operation: Operation): Promise<string[]> {
  const targets: string[] = []
  for (const path of paths) targets.push(await liftOne(files, path, operation))
  return targets
}

async function liftOne(files: FileAccess, path: string, operation: Operation): Promise<string> {
  const name = posix.basename(path)
  // A name of one dot or two cannot come from a listing; it would leave the folder.
  if (name === '' || name === '.' || name === '..') throw new EngineError('invalid-argument', `${path} is not a name for a file.`, { reason: 'bad-request', field: 'paths' })
  const { content, size, archive } = await contentOf(files, path)
  const target = join(await newFolder(), archive ? `${name}.tar` : name)
  await saveFile(target, content, [meter(operation, size)], operation)
  return target
}

async function contentOf(files: FileAccess, path: string) {
  try {
    return { ...(await files.read(path)), archive: false }
  } catch (error) {
    if (!isEngineError(error) || error.reason !== 'not-a-file') throw error
    return { content: await files.archive(path), size: undefined, archive: true }
  }
}

/** Only this user's; gone with the app. */
async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-drag-'))
  if (lifted.size === 0) process.once('exit', () => lifted.forEach((each) => rmSync(each, { recursive: true, force: true })))
  lifted.add(folder)
  return folder
}

export const isLifted = (path: string): boolean => lifted.has(dirname(path))
