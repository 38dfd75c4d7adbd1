import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { rowsOf } from './rows.ts'
import { lookAtEach } from './seen-twice.ts'

/** Every volume has its folder, and every folder its volume. What users have put there is never removed. */
export async function* checkVolumes(context: DoctorContext, checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const names = rowsOf(context.metadata).volumes.list().map(({ name }) => name)
  checked.volumes += names.length
  yield* lookAtEach(context, names, (name) => lookAtVolume(context, name), signal)
  yield* lookAtEach(context, await readdir(context.layout.volumes).catch(() => []), (name) => lookAtFolder(context, name), signal)
}

function lookAtVolume({ layout, metadata }: DoctorContext, name: string): Found[] {
  const volume = rowsOf(metadata).volumes.find(name)
  if (!volume || volume.unfinished || existsSync(join(layout.volumes, name, '_data'))) return []
  return [{ kind: 'volume', reason: 'volume-missing', subject: name, what: `The folder of volume ${name} is gone, with all that was in it.`, advice: `Put it back from a backup at ${join(layout.volumes, name, '_data')}, or remove the volume (docker volume rm ${name}).` }]
}

function lookAtFolder({ layout, metadata }: DoctorContext, name: string): Found[] {
  if (rowsOf(metadata).volumes.find(name) || !existsSync(join(layout.volumes, name))) return []
  return [{ kind: 'volume', reason: 'folder-without-volume', subject: name, what: `The folder ${join(layout.volumes, name)} belongs to no volume that is recorded.`, advice: 'Look at what is in it. Move it away and copy it into a new volume, or remove it; the doctor does not, because it may be the only copy.' }]
}
