import { readFile } from 'node:fs/promises'
import type { DoctorContext } from './doctor.ts'
import { chainOf } from './layer-files.ts'
import type { Checked, Found } from './report.ts'
import { namesOfImage, rowsOf } from './rows.ts'

/** Every image has its layers, as its configuration names them, and every name an image. */
export async function* checkImages({ layout, metadata }: DoctorContext, checked: Checked): AsyncGenerator<Found> {
  const { images, names, snapshots } = rowsOf(metadata)
  for (const { id, diffIds } of images.list()) {
    checked.images++
    const name = namesOfImage(metadata, id)
    const about = { kind: 'image' as const, subject: name, advice: `Remove the image and pull or build it again (docker rmi ${name.split(', ')[0]}).` }
    const chain = chainOf(diffIds)
    if (chain !== '' && !snapshots.find(`committed/${chain}`)) yield { ...about, reason: 'image-incomplete', what: `Image ${name} has lost its files.` }
    const said = await readFile(layout.blob(id), 'utf8').then((text) => (JSON.parse(text) as { rootfs?: { diff_ids?: string[] } }).rootfs?.diff_ids?.join()).catch(() => undefined)
    if (said !== undefined && said !== diffIds.join()) yield { ...about, reason: 'image-misrecorded', what: `Image ${name} is recorded with other layers than its configuration names.` }
  }
  for (const { name, image } of names.list()) {
    if (images.find(image)) continue
    yield { kind: 'image', reason: 'name-of-nothing', subject: name, what: `The name ${name} leads to an image that is gone.`, advice: 'The name can be removed; pull the image again if you want it.', repair: async () => names.delete(name) }
  }
}
