import { dirname } from 'node:path'
import { disk, writeAll, type Disk } from './disk.ts'

let counter = 0

export interface AtomicFileOptions {
  /** Where it is written before it takes its place, on the same file system; a kill may leave it. */
  temporary?: string
  on?: Disk
}

/** Replaces the file in one step: a reader, or a reader after a power cut, sees the old bytes or the new ones, never a mixture. */
export async function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644, { temporary = `${path}.${process.pid}.${counter++}.tmp`, on = disk }: AtomicFileOptions = {}): Promise<void> {
  try {
    const file = await on.open(temporary, 'wx', mode)
    try {
      await writeAll(file, [Buffer.from(content)])
      await file.sync()
    } finally {
      await file.close()
    }
    await on.rename(temporary, path)
  } catch (error) {
    await on.remove(temporary)
    throw error
  }
  await on.syncFolder(dirname(path))
}
