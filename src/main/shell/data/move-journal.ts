import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeFileAtomic } from '#base/atomic-file.ts'

/** A move of the data under way, with all that is needed to finish it or to clear it away after the app itself has died. Written before the first deed. */
export interface MoveRecord {
  from: string
  to: string
  /** What the settings said. */
  before: string
  /** How the engine keeps layers. */
  driver: string
  /** Containers that are stopped for it. */
  running: string[]
}

export interface MoveJournal {
  read(): Promise<MoveRecord | undefined>
  write(record: MoveRecord): Promise<void>
  forget(): Promise<void>
}

/** What cannot be read is no record: it was never whole. */
export const openMoveJournal = (path: string): MoveJournal => ({
  read: () => readFile(path, 'utf8').then((text) => JSON.parse(text) as MoveRecord).catch(() => undefined),
  async write(record) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFileAtomic(path, JSON.stringify(record), 0o600)
  },
  forget: () => rm(path, { force: true }),
})
