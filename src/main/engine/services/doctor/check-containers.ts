import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { rowsOf } from './rows.ts'
import { lookAtEach } from './seen-twice.ts'

/** Every container has its own files, what is below them, and its volumes. */
export async function* checkContainers(context: DoctorContext, checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const ids = rowsOf(context.metadata).containers.list().map(({ id }) => id)
  checked.containers += ids.length
  yield* lookAtEach(context, ids, (id) => lookAt(context, id), signal)
}

function lookAt({ layout, metadata, running }: DoctorContext, id: string): Found[] {
  const { containers, snapshots, volumes } = rowsOf(metadata)
  const container = containers.find(id)
  // Its files go before its record does.
  if (!container || (running && container.state.status === 'removing')) return []
  const { name, mounts } = container
  const about = { kind: 'container' as const, subject: name }
  const row = snapshots.find(`active/${id}`)
  const found: Found[] = []
  if (!row || !existsSync(join(layout.snapshots, String(row.number)))) found.push({ ...about, reason: 'container-files-missing', what: `Container ${name} has lost its own files and cannot start.`, advice: `Remove it and create it again; its volumes stay (docker rm ${name}).` })
  else if (row.parent !== undefined && !snapshots.find(`committed/${row.parent}`)) found.push({ ...about, reason: 'container-image-missing', what: `Container ${name} has lost the files of its image and cannot start.`, advice: `Copy out what you need, remove it, pull its image and create it again.` })
  for (const { kind, volume } of mounts) {
    if (kind === 'volume' && volume !== undefined && !volumes.find(volume)) found.push({ ...about, reason: 'volume-unrecorded', what: `Container ${name} uses volume ${volume}, of which nothing is recorded.`, advice: `Create the volume again (docker volume create ${volume}): files that are still in its folder are kept.` })
  }
  return found
}
