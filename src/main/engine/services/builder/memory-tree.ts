import type { BuilderContext } from './needs.ts'

/** Bytes of an archive. */
export const LARGEST_IN_MEMORY = 64 * 2 ** 20
/** A file of one byte takes a page of 4 KiB, and 1 KiB in an archive. */
const GROWTH = 5
/** Of what is free. */
const SHARE = 1 / 4

/**
 * Puts memory in place of `folder` where what will be unpacked there is small enough for it: a context is read once and removed, and nothing takes a disk longer than making and removing many small files.
 * The result undoes it. Undefined: the folder stays on its disk.
 */
export function useMemory({ host }: Pick<BuilderContext, 'host'>, folder: string, archiveBytes: number): (() => void) | undefined {
  const bytes = Math.ceil(archiveBytes * GROWTH)
  if (archiveBytes > LARGEST_IN_MEMORY || bytes > process.availableMemory() * SHARE) return undefined
  try {
    host.syscalls.mount({ source: 'tmpfs', target: folder, type: 'tmpfs', flags: ['nodev'], data: `size=${bytes},mode=0755` })
  } catch {
    return undefined
  }
  return () => host.syscalls.unmount(folder, { detach: true })
}
