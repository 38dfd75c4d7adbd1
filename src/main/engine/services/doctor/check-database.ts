import { DatabaseSync } from 'node:sqlite'
import type { DoctorContext } from './doctor.ts'
import type { Found } from './report.ts'

/** SQLite's own check of every page, and that every record is JSON. */
export async function* checkDatabase({ layout }: Pick<DoctorContext, 'layout'>): AsyncGenerator<Found> {
  for (const [reason, what] of problemsOf(layout.database)) {
    yield {
      kind: 'database',
      reason,
      subject: layout.database,
      what,
      advice: `Stop the engine and put back a copy of ${layout.database} if you have one. Without one, move it away: images can then be pulled again, and the folders below ${layout.volumes} still hold all volumes.`,
    }
  }
}

function problemsOf(path: string): [reason: string, what: string][] {
  try {
    using database = new DatabaseSync(path, { readOnly: true })
    const said = database.prepare('PRAGMA quick_check').all().map((row) => String(Object.values(row)[0]))
    const broken = database.prepare('SELECT collection, key FROM record WHERE NOT json_valid(value)').all()
    return [
      ...said.filter((line) => line !== 'ok').map((line): [string, string] => ['database-damaged', `The database of records is damaged: ${line}`]),
      ...broken.map(({ collection, key }): [string, string] => ['record-damaged', `The record ${String(key)} among ${String(collection)} cannot be read.`]),
    ]
  } catch (error) {
    return [['database-damaged', `The database of records cannot be read: ${error instanceof Error ? error.message : String(error)}.`]]
  }
}
