import { existsSync } from 'node:fs'
import type { ChainId, DiffId } from '#shared/oci/digest.ts'
import type { DoctorContext } from './doctor.ts'
import { chainOn, changedLayer, diffIdsOfChains, directoryOf, isUncertain, sameFiles, unpackLayer } from './layer-files.ts'
import type { Checked, Found } from './report.ts'
import { imagesWith, rowsOf, type SnapshotRow } from './rows.ts'
import { lookAtEach } from './seen-twice.ts'

/** Every layer has its directory and what is below it; its chain ID follows from the layers; one that was made here has the very files of its diff ID. */
export async function* checkSnapshots(context: DoctorContext, checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const chains = rowsOf(context.metadata).snapshots.list().flatMap(({ kind, name }) => (kind === 'committed' ? [name] : []))
  checked.layers += chains.length
  const diffOf = diffIdsOfChains(context.metadata)
  yield* lookAtEach(context, chains, (chain) => lookAt(context, chain, diffOf(chain)), signal)
}

async function lookAt(context: DoctorContext, chain: string, diffId: DiffId | undefined): Promise<Found[]> {
  const { snapshots, layers } = rowsOf(context.metadata)
  const row = snapshots.find(`committed/${chain}`)
  if (!row) return []
  const about = { kind: 'layer' as const, subject: row.name, advice: '' }
  const owner = diffId === undefined ? 'no image' : imagesWith(context.metadata, diffId)
  const advice = `Remove the image and pull or build it again (${owner}).`
  if (!existsSync(directoryOf(context, row))) return [{ ...about, reason: 'layer-missing', what: `The files of layer ${row.name.slice(7, 19)} of ${owner} are gone.`, ...unpackAgain(context, row, diffId, owner) }]
  if (row.parent !== undefined && !snapshots.find(`committed/${row.parent}`)) return [{ ...about, reason: 'layer-incomplete', what: `Layer ${row.name.slice(7, 19)} of ${owner} stands on a layer that is gone.`, advice }]
  if (diffId === undefined) return []
  if (chainOn(row.parent, diffId) !== row.name) return [{ ...about, reason: 'layer-misnamed', what: `Layer ${row.name.slice(7, 19)} of ${owner} is filed under a wrong chain ID.`, advice }]
  // Those that are uncertain were looked at before (check-unflushed.ts).
  if (isUncertain(row) || layers.find(diffId)?.blob !== undefined || (await sameFiles(context, row.name as ChainId, diffId))) return []
  return [changedLayer(context, row, diffId)]
}

/** From its packed form, if that is whole. Where a layer's directory holds what is below as well, there is more to it than that. */
function unpackAgain(context: DoctorContext, row: SnapshotRow, diffId: DiffId | undefined, owner: string): Pick<Found, 'advice' | 'repair'> {
  const blob = diffId && rowsOf(context.metadata).layers.find(diffId)?.blob
  const first = owner.split(', ')[0]
  if (!diffId || !blob || context.form === 'remove') return { advice: `Remove its containers and the image, and pull or build it again (docker rmi ${first}).` }
  if (!existsSync(context.layout.blob(blob.digest))) return { advice: `Pull the image again (docker pull ${first}), and check again: its files can then be unpacked.` }
  return {
    advice: 'They can be unpacked again from the packed layer, which is here.',
    repair: () => unpackLayer(context, row, { diffId, blob }),
  }
}
