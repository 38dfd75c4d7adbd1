import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

let counter = 0

/**
 * Replaces the file in one step: a reader, or a reader after a power cut, sees the old bytes or the new ones, never a mixture. A kill may leave `temporary`,
 * which has to be on the same file system.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644, temporary = `${path}.${process.pid}.${counter++}.tmp`): Promise<void> {
  try {
    await using file = await open(temporary, 'wx', mode)
    await file.writeFile(content)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await using folder = await open(dirname(path), 'r')
  await folder.sync()
}
