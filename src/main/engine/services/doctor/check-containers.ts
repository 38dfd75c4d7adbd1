import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { rowsOf } from './rows.ts'

/** Every container has its own files, what is below them, and its volumes. */
export async function* checkContainers({ layout, metadata }: DoctorContext, checked: Checked): AsyncGenerator<Found> {
  const { containers, snapshots, volumes } = rowsOf(metadata)
  for (const { id, name, mounts } of containers.list()) {
    checked.containers++
    const about = { kind: 'container' as const, subject: name }
    const row = snapshots.find(`active/${id}`)
    if (!row || !existsSync(join(layout.snapshots, String(row.number)))) yield { ...about, reason: 'container-files-missing', what: `Container ${name} has lost its own files and cannot start.`, advice: `Remove it and create it again; its volumes stay (docker rm ${name}).` }
    else if (row.parent !== undefined && !snapshots.find(`committed/${row.parent}`)) yield { ...about, reason: 'container-image-missing', what: `Container ${name} has lost the files of its image and cannot start.`, advice: `Copy out what you need, remove it, pull its image and create it again.` }
    for (const { kind, volume } of mounts) {
      if (kind === 'volume' && volume !== undefined && !volumes.find(volume)) yield { ...about, reason: 'volume-unrecorded', what: `Container ${name} uses volume ${volume}, of which nothing is recorded.`, advice: `Create the volume again (docker volume create ${volume}): files that are still in its folder are kept.` }
    }
  }
}
