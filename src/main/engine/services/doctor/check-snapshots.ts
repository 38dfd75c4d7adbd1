import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChainId, DiffId } from '#shared/oci/digest.ts'
import { adoptAttributes } from '../../core/layers/adopt-attributes.ts'
import type { DiffSource } from '../../core/layers/layers.ts'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { imagesWith, rowsOf, type SnapshotRow } from './rows.ts'

/** Every layer has its directory and what is below it; its chain ID follows from the layers; one that was made here has the very files of its diff ID. */
export async function* checkSnapshots(context: DoctorContext, checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const { snapshots, layers, images } = rowsOf(context.metadata)
  const committed = new Map(snapshots.list().flatMap((row) => (row.kind === 'committed' ? [[row.name, row] as const] : [])))
  const diffOfChain = new Map(images.list().flatMap(({ diffIds }) => diffIds.map((diffId, index) => [chainOf(diffIds.slice(0, index + 1)), diffId] as const)))
  for (const row of committed.values()) {
    signal?.throwIfAborted()
    checked.layers++
    const diffId = diffOfChain.get(row.name) ?? layers.list().find(({ chain }) => chain === row.name)?.diffId
    const about = { kind: 'layer' as const, subject: row.name, advice: '' }
    const owner = diffId === undefined ? 'no image' : imagesWith(context.metadata, diffId)
    const advice = `Remove the image and pull or build it again (${owner}).`
    if (!existsSync(directoryOf(context, row))) yield { ...about, reason: 'layer-missing', what: `The files of layer ${row.name.slice(7, 19)} of ${owner} are gone.`, ...unpackAgain(context, row, diffId, owner) }
    else if (row.parent !== undefined && !committed.has(row.parent)) yield { ...about, reason: 'layer-incomplete', what: `Layer ${row.name.slice(7, 19)} of ${owner} stands on a layer that is gone.`, advice }
    else if (diffId !== undefined && chainOn(row.parent, diffId) !== row.name) yield { ...about, reason: 'layer-misnamed', what: `Layer ${row.name.slice(7, 19)} of ${owner} is filed under a wrong chain ID.`, advice }
    else if (diffId !== undefined && layers.find(diffId)?.blob === undefined && !(await sameFiles(context, row.name as ChainId, diffId)))
      yield { ...about, reason: 'layer-changed', what: `The files of layer ${row.name.slice(7, 19)} of ${owner} are not those that it was made of.`, advice }
  }
}

/** From its packed form, if that is whole. Where a layer's directory holds what is below as well, there is more to it than that. */
function unpackAgain(context: DoctorContext, row: SnapshotRow, diffId: DiffId | undefined, owner: string): Pick<Found, 'advice' | 'repair'> {
  const { layout, metadata, layers, form } = context
  const blob = diffId && rowsOf(metadata).layers.find(diffId)?.blob
  const first = owner.split(', ')[0]
  if (!diffId || !blob || form === 'remove') return { advice: `Remove its containers and the image, and pull or build it again (docker rmi ${first}).` }
  if (!existsSync(layout.blob(blob.digest))) return { advice: `Pull the image again (docker pull ${first}), and check again: its files can then be unpacked.` }
  return {
    advice: 'They can be unpacked again from the packed layer, which is here.',
    async repair() {
      const draft = join(layout.temporary, `unpack-${row.number}`)
      await rm(draft, { recursive: true, force: true })
      try {
        await mkdir(draft, { mode: 0o755 })
        const { implied = [] } = await layers.apply(layout.blob(blob.digest), draft, { whiteouts: form, expected: diffId })
        adoptAttributes(draft, implied, directoriesFrom(context, row.parent) ?? [])
        await rename(draft, directoryOf(context, row))
      } finally {
        await rm(draft, { recursive: true, force: true })
      }
    },
  }
}

/** A layer that was made here can be made again from its directory, byte for byte. */
async function sameFiles(context: DoctorContext, chain: ChainId, diffId: DiffId): Promise<boolean> {
  const source = sourceOf(context, chain)
  return source === undefined || (await context.layers.measure(source).then((made) => made.diffId === diffId, () => false))
}

/** Undefined when something of it is gone. */
export function sourceOf(context: DoctorContext, chain: ChainId): DiffSource | undefined {
  const [directory, ...below] = directoriesFrom(context, chain) ?? []
  return directory === undefined ? undefined : { directory, form: context.form, below }
}

/** From top to bottom; undefined when one of them is gone. */
function directoriesFrom(context: DoctorContext, chain: ChainId | undefined): string[] | undefined {
  const { snapshots } = rowsOf(context.metadata)
  const stack: string[] = []
  for (let at = chain; at !== undefined; ) {
    const row: SnapshotRow | undefined = snapshots.find(`committed/${at}`)
    if (!row || !existsSync(directoryOf(context, row))) return undefined
    stack.push(directoryOf(context, row))
    at = row.parent
  }
  return stack
}

const directoryOf = ({ layout }: DoctorContext, { number }: SnapshotRow) => join(layout.snapshots, String(number))

/** OCI image-spec config.md#layer-chainid, worked out here once more: who checks does not ask whom it checks. */
const chainOn = (parent: string | undefined, diffId: string): string => (parent === undefined ? diffId : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`)
export const chainOf = (diffIds: readonly DiffId[]): string => diffIds.reduce<string | undefined>((below, diffId) => chainOn(below, diffId), undefined) ?? ''
