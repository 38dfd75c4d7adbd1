import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { EngineError, messageOf } from '#shared/errors.ts'

/** Takes the records from one schema to the next. Runs inside a transaction. */
export type Migration = (database: DatabaseSync) => void

/**
 * The n-th leads from schema n to n + 1, and is never changed once released. A new one is for a change that an older engine could misread,
 * be it in the records or in another part of the data root; a field that older engines may ignore needs none.
 * With it comes a data root of the new schema, for later ones to open (e2e/upgrade/keep-data-root.mjs).
 */
export const MIGRATIONS: readonly Migration[] = [
  (database) => database.exec('CREATE TABLE IF NOT EXISTS record (collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)) STRICT'),
]

/**
 * Takes the database to the schema that this engine knows: all steps in one transaction, after the old one was copied to
 * `PATH.schema-N`. Whatever fails, the old one is as it was.
 * @throws failed-precondition (newer-data) when a newer engine wrote it, which changes nothing; internal (migration-failed)
 */
export function migrate(database: DatabaseSync, path: string, migrations: readonly Migration[]): void {
  const found = schemaOf(database)
  const known = migrations.length
  if (found > known) {
    throw new EngineError('failed-precondition', `The data at ${dirname(path)} was written by a newer Slipway, and nothing in it was changed (schema ${found}; this one knows ${known}).`, {
      reason: 'newer-data',
      hint: ['Install the newer Slipway again, or start this one with --data-root and another folder, where it begins with nothing.', ...copyWords(path, known)].join(' '),
    })
  }
  if (found === known) return
  if (found > 0) keepCopy(database, path, found)
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of migrations.slice(found)) step(database)
    database.exec(`PRAGMA user_version = ${known}`)
    database.exec('COMMIT')
  } catch (cause) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw new EngineError('internal', `The records in ${path} could not be taken from schema ${found} to ${known}, and are as they were: ${messageOf(cause)}`, { reason: 'migration-failed', cause })
  }
}

const schemaOf = (database: DatabaseSync): number => Number((database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version)
const copyOf = (path: string, schema: number): string => `${path}.schema-${schema}`

/** VACUUM INTO writes what a reader sees, the log of writes included; the name appears when all of it is there. https://www.sqlite.org/lang_vacuum.html */
function keepCopy(database: DatabaseSync, path: string, schema: number): void {
  const unfinished = `${copyOf(path, schema)}.tmp`
  rmSync(unfinished, { force: true })
  // An empty file is written into as it is, and is nobody else's to read.
  writeFileSync(unfinished, '', { mode: 0o600 })
  database.prepare('VACUUM INTO ?').run(unfinished)
  renameSync(unfinished, copyOf(path, schema))
}

const copyWords = (path: string, schema: number): string[] => {
  const copy = copyOf(path, schema)
  return existsSync(copy) ? [`The records as this one last knew them are kept in ${copy}.`] : []
}
