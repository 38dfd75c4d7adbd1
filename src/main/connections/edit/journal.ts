import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import { writeFileAtomic } from '#base/atomic-file.ts'

/** An edit under way, with all that is needed to undo it, or to finish it, after the app itself has died. Written before the first deed. */
export type EditRecord = {
  /** Of the container as it was. */
  id: string
  /** Which engine, as its target is written. */
  engine: string
  name: string
} & (
  | { kind: 'live'; before: ContainerSettings; after: ContainerSettings }
  | {
      kind: 'recreate'
      /** Under which the successor is made, and under which the old one waits for its end. */
      successorName: string
      /** Once it is known. */
      successorId?: string
      retiredName: string
      /** Of the successor, once it has taken the place. */
      finalName: string
      wasRunning: boolean
      /** Volumes of the old container: whatever else the successor made is taken away with it. */
      volumes: string[]
      /** Image of the writable layer, made by this edit. */
      keptImage?: string
      /** The restart policy that the successor gets at the end. */
      restart: { Name: string; MaximumRetryCount: number }
      /** The successor is up in the old one's place: from here an edit is finished, not undone. */
      replaced: boolean
    }
)

export type RecreateRecord = Extract<EditRecord, { kind: 'recreate' }>

export interface EditJournal {
  write(record: EditRecord): Promise<void>
  remove(id: string): Promise<void>
  all(): Promise<EditRecord[]>
}

/** One file for each edit under way. What cannot be read is no record: it was never whole. */
export function openJournal(folder: string): EditJournal {
  const fileOf = (id: string) => join(folder, `${id.replace(/[^\w-]/g, '_')}.json`)
  return {
    async write(record) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFileAtomic(fileOf(record.id), JSON.stringify(record), 0o600)
    },
    remove: (id) => rm(fileOf(id), { force: true }),
    async all() {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'))
      const records = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as EditRecord).map((read) => read.catch(() => undefined)))
      return records.filter((record) => record !== undefined)
    },
  }
}

/** For tests, and for engines that are looked at without a home of their own. */
export function memoryJournal(): EditJournal {
  const records = new Map<string, EditRecord>()
  return { write: async (record) => void records.set(record.id, record), remove: async (id) => void records.delete(id), all: async () => [...records.values()] }
}
