import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { bootId } from '#base/boot-id.ts'
import type { ChainId, DiffId, Digest } from '#shared/oci/digest.ts'
import { removeDeep } from '#base/remove-tree.ts'
import { adoptAttributes } from '../../core/layers/adopt-attributes.ts'
import type { DiffSource } from '../../core/layers/layers.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { DoctorContext } from './doctor.ts'
import type { Found } from './report.ts'
import { imagesWith, rowsOf, type SnapshotRow } from './rows.ts'

/** Puts the files of a packed layer in the place of what is there. */
export async function unpackLayer(context: DoctorContext, row: SnapshotRow, { diffId, blob }: { diffId: DiffId; blob: { digest: Digest } }): Promise<void> {
  const { layout, metadata, layers, form } = context
  if (form === 'remove') throw new TypeError('this directory holds more than its layer')
  const [draft, before] = [join(layout.temporary, `unpack-${row.number}`), join(layout.temporary, `unpacked-${row.number}`)]
  const clear = () => Promise.all([draft, before].map((path) => removeDeep(path)))
  await clear()
  try {
    await mkdir(draft, { mode: 0o755 })
    const { implied = [] } = await layers.apply(layout.blob(blob.digest), draft, { whiteouts: form, expected: diffId })
    adoptAttributes(draft, implied, directoriesFrom(context, row.parent) ?? [])
    if (existsSync(directoryOf(context, row))) await rename(directoryOf(context, row), before)
    await rename(draft, directoryOf(context, row))
    rowsOf(metadata).snapshots.put(`committed/${row.name}`, { ...row, unflushed: bootId() })
  } finally {
    await clear()
  }
}

/** Its files were not known to be on the disk when the machine lost its power. */
export const isUncertain = ({ kind, unflushed }: SnapshotRow): boolean => kind === 'committed' && unflushed !== undefined && unflushed !== bootId()

export function changedLayer({ metadata }: DoctorContext, { name }: SnapshotRow, diffId: DiffId): Found {
  const owner = imagesWith(metadata, diffId)
  return { kind: 'layer', reason: 'layer-changed', subject: name, what: `The files of layer ${name.slice(7, 19)} of ${owner} are not those that it was made of.`, advice: `Remove the image and pull or build it again (${owner}).` }
}

/** Which layer is on top of a chain, as far as images or layers say so. */
export function diffIdsOfChains(metadata: MetadataStore): (chain: string) => DiffId | undefined {
  const { images, layers } = rowsOf(metadata)
  const ofImages = new Map<string, DiffId>(images.list().flatMap(({ diffIds }) => diffIds.map((diffId, index) => [chainOf(diffIds.slice(0, index + 1)), diffId] as const)))
  return (chain) => ofImages.get(chain) ?? layers.list().find((layer) => layer.chain === chain)?.diffId
}

/** A layer that was made here can be made again from its directory, byte for byte. */
export async function sameFiles(context: DoctorContext, chain: ChainId, diffId: DiffId): Promise<boolean> {
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

export const directoryOf = ({ layout }: DoctorContext, { number }: SnapshotRow) => join(layout.snapshots, String(number))

/** OCI image-spec config.md#layer-chainid, worked out here once more: who checks does not ask whom it checks. */
export const chainOn = (parent: string | undefined, diffId: string): string => (parent === undefined ? diffId : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`)
export const chainOf = (diffIds: readonly DiffId[]): string => diffIds.reduce<string | undefined>((below, diffId) => chainOn(below, diffId), undefined) ?? ''
