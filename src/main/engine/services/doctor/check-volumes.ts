import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { rowsOf } from './rows.ts'

/** Every volume has its folder, and every folder its volume. What users have put there is never removed. */
export async function* checkVolumes({ layout, metadata }: DoctorContext, checked: Checked): AsyncGenerator<Found> {
  const { volumes } = rowsOf(metadata)
  for (const { name, unfinished } of volumes.list()) {
    checked.volumes++
    if (!unfinished && !existsSync(join(layout.volumes, name, '_data'))) yield { kind: 'volume', reason: 'volume-missing', subject: name, what: `The folder of volume ${name} is gone, with all that was in it.`, advice: `Put it back from a backup at ${join(layout.volumes, name, '_data')}, or remove the volume (docker volume rm ${name}).` }
  }
  for (const name of await readdir(layout.volumes).catch(() => [])) {
    if (!volumes.find(name)) yield { kind: 'volume', reason: 'folder-without-volume', subject: name, what: `The folder ${join(layout.volumes, name)} belongs to no volume that is recorded.`, advice: 'Look at what is in it. Move it away and copy it into a new volume, or remove it; the doctor does not, because it may be the only copy.' }
  }
}
