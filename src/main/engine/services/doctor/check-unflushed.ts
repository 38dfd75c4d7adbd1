import { messageOf } from '#shared/errors.ts'
import type { ChainId, DiffId } from '#shared/oci/digest.ts'
import { hashOf } from './check-blobs.ts'
import { runs } from './check-processes.ts'
import type { DoctorContext } from './doctor.ts'
import { changedLayer, diffIdsOfChains, isUncertain, sameFiles, unpackLayer } from './layer-files.ts'
import { nothingChecked, type Checked, type Found } from './report.ts'
import { imagesWith, rowsOf, type LayerRow, type SnapshotRow } from './rows.ts'
import { lookAtEach } from './seen-twice.ts'

/** Layers whose files were not known to be on the disk when the machine lost its power (core/snapshots/flushing.ts), from below: each is unpacked again, or made again and compared. */
export async function* checkUnflushed(context: DoctorContext, _checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const diffOf = diffIdsOfChains(context.metadata)
  yield* lookAtEach(context, unflushedChains(context), (chain) => lookAt(context, chain, diffOf(chain)), signal)
}

async function lookAt(context: DoctorContext, chain: string, diffId: DiffId | undefined): Promise<Found[]> {
  const { snapshots, layers } = rowsOf(context.metadata)
  const row = snapshots.find(`committed/${chain}`)
  if (!row || !isUncertain(row)) return []
  const layer = diffId && layers.find(diffId)
  if (layer?.blob) return [await packed(context, row, { ...layer, blob: layer.blob })]
  if (diffId !== undefined && !(await sameFiles(context, row.name as ChainId, diffId))) return [changedLayer(context, row, diffId)]
  // What was made here is its own proof.
  believe(context, row)
  return []
}

export async function mendUnflushed(context: DoctorContext, log: (line: string) => void): Promise<void> {
  for await (const { what, advice, repair } of checkUnflushed({ ...context, running: false }, nothingChecked())) {
    const outcome = repair ? await repair().then(() => 'They were unpacked again.', (error: unknown) => `They could not be unpacked again: ${messageOf(error)}`) : advice
    log(`${what} ${outcome}`)
  }
}

const unflushedChains = ({ metadata }: DoctorContext): string[] =>
  rowsOf(metadata).snapshots.list().filter(isUncertain).toSorted((a, b) => a.number - b.number).map(({ name }) => name)

function believe({ metadata }: DoctorContext, { unflushed: _, ...certain }: SnapshotRow): void {
  rowsOf(metadata).snapshots.put(`committed/${certain.name}`, certain)
}

async function packed(context: DoctorContext, row: SnapshotRow, layer: LayerRow & Required<Pick<LayerRow, 'blob'>>): Promise<Found> {
  const { layout, metadata, form, running } = context
  const owner = imagesWith(metadata, layer.diffId)
  const found = { kind: 'layer' as const, reason: 'layer-unflushed', subject: row.name, what: `This machine lost its power before all files of layer ${row.name.slice(7, 19)} of ${owner} were on its disk; they may be damaged.` }
  const name = owner.split(', ')[0]
  if (form === 'remove') return { ...found, advice: `Remove its containers and the image, and pull it again (docker rmi ${name}).` }
  if (running || isInUse(context, row)) return { ...found, advice: 'Stop the containers that use it and start the engine again: it unpacks the files anew when it starts.' }
  const path = layout.blob(layer.blob.digest)
  const isWhole = `sha256:${(await hashOf(path))?.hex}` === layer.blob.digest
  if (!isWhole) return { ...found, advice: `Pull the image again (docker pull ${name}), and check again: its files can then be unpacked.` }
  return { ...found, advice: 'They can be unpacked again from the packed layer, which is here.', repair: () => unpackLayer(context, row, layer) }
}

/** A container runs on it, since an earlier engine. */
function isInUse({ layout, metadata }: DoctorContext, row: SnapshotRow): boolean {
  const { containers, snapshots } = rowsOf(metadata)
  const isBelow = (chain: string | undefined): boolean => chain !== undefined && (chain === row.name || isBelow(snapshots.find(`committed/${chain}`)?.parent))
  return containers.list().some(({ id }) => runs(layout.container(id).shimState) && isBelow(snapshots.find(`active/${id}`)?.parent))
}
