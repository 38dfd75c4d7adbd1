import { relative } from 'node:path'
import { disk, type Disk, type DiskFile } from '../disk.ts'

/** One step that a cut may come before or after. Paths are relative to the folder that is recorded; a file keeps its number under any name. */
export type Step =
  | { kind: 'name'; file: number; path: string }
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'remove'; path: string }
  | { kind: 'write'; file: number; bytes: Buffer }
  | { kind: 'truncate'; file: number; size: number }
  | { kind: 'sync'; file: number }
  | { kind: 'sync-folder'; path: string }
  /** What somebody was told by then. */
  | { kind: 'told'; what: string }

export interface RecordingDisk extends Disk {
  readonly steps: readonly Step[]
  told(what: string): void
}

/** Does everything on the real disk, and writes down what changes below `root`. */
export function recordingDisk(root: string): RecordingDisk {
  const steps: Step[] = []
  const numbers = new Map<string, number>()
  let files = 0
  const named = (path: string) => relative(root, path)
  const moved = (from: string, to: string) => {
    steps.push({ kind: 'rename', from: named(from), to: named(to) })
    numbers.set(to, numbers.get(from)!)
    numbers.delete(from)
  }
  return {
    steps,
    told: (what) => void steps.push({ kind: 'told', what }),
    async open(path, flags, mode) {
      const real = await disk.open(path, flags, mode)
      let file = numbers.get(path)
      if (file === undefined) {
        numbers.set(path, (file = files++))
        steps.push({ kind: 'name', file, path: named(path) })
      }
      return recordingFile(real, file, steps)
    },
    async rename(from, to) {
      await disk.rename(from, to)
      moved(from, to)
    },
    renameNow(from, to) {
      disk.renameNow(from, to)
      moved(from, to)
    },
    async remove(path) {
      await disk.remove(path)
      if (numbers.delete(path)) steps.push({ kind: 'remove', path: named(path) })
    },
    async sync(path) {
      await disk.sync(path)
      steps.push({ kind: 'sync', file: numbers.get(path)! })
    },
    async syncFolder(path) {
      await disk.syncFolder(path)
      steps.push({ kind: 'sync-folder', path: named(path) })
    },
  }
}

const recordingFile = (real: DiskFile, file: number, steps: Step[]): DiskFile => ({
  async writev(chunks) {
    const written = await real.writev(chunks)
    steps.push({ kind: 'write', file, bytes: Buffer.concat(chunks).subarray(0, written.bytesWritten) })
    return written
  },
  async truncate(size) {
    await real.truncate(size)
    steps.push({ kind: 'truncate', file, size })
  },
  async sync() {
    await real.sync()
    steps.push({ kind: 'sync', file })
  },
  stat: () => real.stat(),
  read: (...place) => real.read(...place),
  close: () => real.close(),
})
