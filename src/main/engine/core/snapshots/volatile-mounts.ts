import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { bootId } from '#base/boot-id.ts'
import { readIfThere } from '#base/read-if-there.ts'

/**
 * Overlay mounts whose files nothing brings to the disk: neither a program's fsync nor letting go of the mount, which otherwise flushes the whole file system below.
 *
 * The kernel leaves a mark in the work directory and refuses every further mount while it is there, for after a power cut such files may be torn; who knows that there was none may
 * remove it (https://docs.kernel.org/filesystems/overlayfs.html#volatile-mount). So the boot is written beside it before the first mount. No flush is needed for
 * that: a file system brings names to the disk in the order in which they were made, and this one is older than all that it speaks of.
 */
export function createVolatileMounts(root: string) {
  const boot = bootId()
  // Kernels before 5.10 do not know the option, and one refuses it as long as an error of the file system has not been told to anybody.
  let isTaken = true
  const bootFile = (number: number) => join(root, `${number}.work`, 'boot')
  const forget = (number: number) => rmSync(join(root, `${number}.work/work/incompat/volatile`), { recursive: true, force: true })
  const isOther = (before: string | undefined) => before !== undefined && before !== boot
  return {
    /** It was mounted so before the machine went down. */
    mayBeTorn: (number: number) => isOther(readIfThere(bootFile(number))),
    /** `attach` mounts it, with further options. */
    mount(number: number, isWanted: boolean, attach: (options: string) => void): void {
      const before = readIfThere(bootFile(number))
      if (isOther(before)) throw new EngineError('data-loss', 'the files of this container may have been damaged when the machine lost its power: it was to be removed at its end', { reason: 'files-torn', hint: 'Remove it and create it again.' })
      forget(number)
      if (!isWanted || !isTaken) return attach('')
      writeFileSync(bootFile(number), boot)
      try {
        attach(',volatile')
      } catch {
        forget(number)
        if (before === undefined) rmSync(bootFile(number))
        attach('')
        isTaken = false
      }
    },
  }
}
