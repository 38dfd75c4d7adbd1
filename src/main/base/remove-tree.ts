import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { errnoOf } from './system-error.ts'

/**
 * Removes a folder that another process may be tidying up at the same time. `rmSync` with `force` ends without an error, and with the folder
 * still there, at an entry that vanished under it.
 */
export function removeTree(path: string): void {
  do rmSync(path, { recursive: true, force: true })
  while (existsSync(path))
}

/**
 * Removes what is there, however deep it is: programs in containers make folders that no path reaches from the outside, and Node's own
 * removal goes by paths. For trees in which nothing runs any more.
 */
export async function removeDeep(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    flattenIfTooDeep(path, error)
    await rm(path, { recursive: true, force: true })
  }
}

/** As `removeDeep`, for threads that may wait. */
export function removeDeepSync(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    flattenIfTooDeep(path, error)
    rmSync(path, { recursive: true, force: true })
  }
}

function flattenIfTooDeep(path: string, error: unknown): void {
  if (errnoOf(error) !== 'ENAMETOOLONG') throw error
  flatten(Buffer.from(path))
}

/** Longest path of a folder that stays where it is: with a name, which has 255 bytes at most, below what a system call takes. */
const LONGEST = 2048

/** Moves folders that are deep down up to the root. Names are bytes, which need not be text. */
function flatten(root: Buffer): void {
  const folders = [root]
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { encoding: 'buffer', withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const at = below(folder, entry.name)
      if (at.length < LONGEST) folders.push(at)
      else folders.push(moved(at, below(root, Buffer.from(randomUUID()))))
    }
  }
}

function moved(from: Buffer, to: Buffer): Buffer {
  renameSync(from, to)
  return to
}

const below = (folder: Buffer, name: Buffer) => Buffer.concat([folder, Buffer.from('/'), name])
