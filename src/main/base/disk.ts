import { renameSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'

/**
 * Changes to files whose order decides what a cut leaves. After a power cut only this is certain: the bytes of a file up to its last `sync`, and the
 * names in a folder up to the last `syncFolder` (https://pubs.opengroup.org/onlinepubs/9799919799/functions/fsync.html); anything later may be there, in
 * any order, in part or not at all. testing/cut-states.ts makes these states.
 */
export interface Disk {
  open(path: string, flags: 'a+' | 'wx', mode: number): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  /** Before anybody else has a turn. */
  renameNow(from: string, to: string): void
  /** One that is not there is removed. */
  remove(path: string): Promise<void>
  /** Of a file that is not open. */
  sync(path: string): Promise<void>
  syncFolder(path: string): Promise<void>
}

/** Is written from its start to its end. */
export interface DiskFile {
  writev(chunks: readonly Uint8Array[]): Promise<{ bytesWritten: number }>
  truncate(size: number): Promise<void>
  sync(): Promise<void>
  stat(): Promise<{ size: number }>
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>
  close(): Promise<void>
}

export const disk: Disk = {
  open,
  rename,
  renameNow: renameSync,
  remove: (path) => rm(path, { force: true }),
  sync: syncAt,
  syncFolder: syncAt,
}

async function syncAt(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}

export async function writeAll(file: DiskFile, chunks: readonly Uint8Array[]): Promise<void> {
  for (let left = chunks; left.length > 0; ) left = behind(left, (await file.writev(left)).bytesWritten)
}

/** What is left of the chunks once so many bytes of them are written. */
function behind(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.length > left) return [chunk.subarray(left), ...chunks.slice(index + 1)]
    left -= chunk.length
  }
  return []
}
