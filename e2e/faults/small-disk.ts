import { execFileSync } from 'node:child_process'
import { mkdir, open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

/** A file system of its own, small and in memory, at a folder that is made for it. Disposing takes it away with everything that is mounted below. */
export interface SmallDisk extends AsyncDisposable {
  /** Writes a file until only so many bytes are free. */
  fill(leaving: number): Promise<void>
  /** Removes that file. */
  empty(): Promise<void>
  /** Nothing can be made, changed or removed by a path in it any more; files that are open for writing stay so. */
  readOnly(): void
  writable(): void
}

export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'slipway-test', folder])
  let over = false
  const ballast = join(folder, 'ballast')
  return {
    async fill(leaving) {
      const { bavail, bsize } = await statfs(folder)
      await using file = await open(ballast, 'a')
      const zeros = Buffer.alloc(1 << 20)
      for (let left = bavail * bsize - leaving; left > 0; ) left -= (await file.write(zeros, 0, Math.min(left, zeros.length))).bytesWritten
    },
    empty: () => rm(ballast, { force: true }),
    readOnly() {
      execFileSync('mount', ['--bind', folder, folder])
      over = true
      execFileSync('mount', ['-o', 'remount,bind,ro', folder])
    },
    writable() {
      if (over) execFileSync('umount', ['-l', folder])
      over = false
    },
    async [Symbol.asyncDispose]() {
      execFileSync('umount', ['-l', folder])
    },
  }
}
