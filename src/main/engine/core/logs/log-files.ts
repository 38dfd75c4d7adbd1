import { open, readdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'

export interface LogFile extends AsyncDisposable {
  handle: FileHandle
  inode: bigint
  /** Next byte to read. */
  position: number
}

/** Every file of a log, oldest first, held open: rotation cannot take them away. Empty when nothing was logged. */
export async function openLogFiles(directory: string): Promise<LogFile[]> {
  const files: LogFile[] = []
  for (const name of await namesOf(directory)) {
    const file = await openLogFile(directory, name)
    if (!file) continue
    if (files.at(-1)?.inode === file.inode) await file[Symbol.asyncDispose]()
    else files.push(file)
  }
  return files
}

/** The file that followed `before` when it was rotated away; undefined while it is still the current one. */
export async function openNextFile(directory: string, before: LogFile): Promise<LogFile | undefined> {
  const current = await openLogFile(directory, 'current')
  if (!current || current.inode === before.inode) {
    await current?.[Symbol.asyncDispose]()
    return undefined
  }
  await current[Symbol.asyncDispose]()
  const files = await openLogFiles(directory)
  const own = files.findIndex((file) => file.inode === before.inode)
  const next = files[own + 1]
  for (const file of files) if (file !== next) await file[Symbol.asyncDispose]()
  return next
}

async function openLogFile(directory: string, name: string): Promise<LogFile | undefined> {
  try {
    const handle = await open(join(directory, name), 'r')
    const { ino } = await handle.stat({ bigint: true })
    return { handle, inode: ino, position: 0, [Symbol.asyncDispose]: () => handle.close() }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** `3`, `2`, `1`, `current`. */
async function namesOf(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory)
    const numbered = names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a))
    return names.includes('current') ? [...numbered, 'current'] : numbered
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
