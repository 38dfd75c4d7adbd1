import { readFile } from 'node:fs/promises'
import type { ImageId } from '#shared/oci/digest.ts'
import type { DoctorContext } from './doctor.ts'
import { chainOf } from './layer-files.ts'
import type { Checked, Found } from './report.ts'
import { namesOfImage, rowsOf } from './rows.ts'
import { lookAtEach } from './seen-twice.ts'

/** Every image has its layers, as its configuration names them, and every name an image. */
export async function* checkImages(context: DoctorContext, checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const { images, names } = rowsOf(context.metadata)
  const ids = images.list().map(({ id }) => id)
  checked.images += ids.length
  yield* lookAtEach(context, ids, (id) => lookAtImage(context, id), signal)
  yield* lookAtEach(context, names.list().map(({ name }) => name), (name) => lookAtName(context, name), signal)
}

async function lookAtImage({ layout, metadata }: DoctorContext, id: ImageId): Promise<Found[]> {
  const { images, snapshots } = rowsOf(metadata)
  const said = await readFile(layout.blob(id), 'utf8').then((text) => (JSON.parse(text) as { rootfs?: { diff_ids?: string[] } }).rootfs?.diff_ids?.join()).catch(() => undefined)
  const image = images.find(id)
  if (!image) return []
  const name = namesOfImage(metadata, id)
  const about = { kind: 'image' as const, subject: name, advice: `Remove the image and pull or build it again (docker rmi ${name.split(', ')[0]}).` }
  const chain = chainOf(image.diffIds)
  const found: Found[] = []
  if (chain !== '' && !snapshots.find(`committed/${chain}`)) found.push({ ...about, reason: 'image-incomplete', what: `Image ${name} has lost its files.` })
  if (said !== undefined && said !== image.diffIds.join()) found.push({ ...about, reason: 'image-misrecorded', what: `Image ${name} is recorded with other layers than its configuration names.` })
  return found
}

function lookAtName({ metadata }: DoctorContext, name: string): Found[] {
  const { images, names } = rowsOf(metadata)
  const row = names.find(name)
  if (!row || images.find(row.image)) return []
  return [{ kind: 'image', reason: 'name-of-nothing', subject: name, what: `The name ${name} leads to an image that is gone.`, advice: 'The name can be removed; pull the image again if you want it.', repair: async () => names.delete(name) }]
}
