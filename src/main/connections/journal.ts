import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '#base/atomic-file.ts'
import type { Connection } from './connection.ts'

/** Deeds under way on engines and clusters, each with all that is needed to undo it, or to finish it, after the app itself has died. Written before the first deed. */
export interface Journal<Record extends { id: string }> {
  write(record: Record): Promise<void>
  remove(id: string): Promise<void>
  all(): Promise<Record[]>
}

/** One file for each. What cannot be read is no record: it was never whole. */
export function openJournal<Record extends { id: string }>(folder: string): Journal<Record> {
  const fileOf = (id: string) => join(folder, `${id.replace(/[^\w-]/g, '_')}.json`)
  return {
    async write(record) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFileAtomic(fileOf(record.id), JSON.stringify(record), 0o600)
    },
    remove: (id) => rm(fileOf(id), { force: true }),
    async all() {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'))
      const records = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Record).map((read) => read.catch(() => undefined)))
      return records.filter((record) => record !== undefined)
    },
  }
}

/** Which engine, as its target is written. */
export const engineOf = ({ summary }: Pick<Connection, 'summary'>): string => JSON.stringify(summary().target)

/** For tests, and for engines that are looked at without a home of their own. */
export function memoryJournal<Record extends { id: string }>(): Journal<Record> {
  const records = new Map<string, Record>()
  return { write: async (record) => void records.set(record.id, structuredClone(record)), remove: async (id) => void records.delete(id), all: async () => [...records.values()] }
}
