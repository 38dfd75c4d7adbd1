import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { ImageId } from '#shared/oci/digest.ts'
import type { BuildRun } from './build-run.ts'

/** --squash: every file of the image in one layer, with the history kept. */
export async function squash(run: Omit<BuildRun, 'finished'>, id: ImageId): Promise<ImageId> {
  const { context, lease, signal } = run
  const image = await context.images.resolve(id)
  if (!image.chain) return id
  await using undo = new AsyncDisposableStack()
  const folder = join(context.layout.temporary, `squash-${randomUUID()}`)
  undo.defer(() => rm(folder, { recursive: true, force: true }))
  const view = join(folder, 'view')
  await mkdir(view, { recursive: true })
  await context.snapshots.mountView(image.chain, view)
  undo.defer(() => context.snapshots.unmount(view))
  const archive = join(folder, 'layer.tar')
  await pipeline(context.layers.pack(view, { signal }), createWriteStream(archive))
  const layer = await context.images.addLayer(archive, { parent: undefined, lease, signal })
  const created = new Date().toISOString()
  const history = [...(image.config.history ?? []).map((entry) => ({ ...entry, empty_layer: true })), { created, created_by: '', comment: `merge ${id} to scratch` }]
  return context.images.create({ config: { ...image.config, created, rootfs: { type: 'layers', diff_ids: [layer.diffId] }, history }, lease })
}
