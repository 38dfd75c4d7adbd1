import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageId } from '#shared/oci/digest.ts'
import { removeDeep } from '#base/remove-tree.ts'
import type { BuildRun } from './build-run.ts'
import type { StageState } from './stage-state.ts'

/** --squash: what the last stage added to its base becomes one layer, with the history kept. */
export async function squash({ context, lease, signal }: Omit<BuildRun, 'finished'>, state: StageState): Promise<ImageId> {
  const { from, chain, config } = state
  const id = state.image!
  const below = from?.config.rootfs.diff_ids ?? []
  if (!chain || config.rootfs.diff_ids.length === below.length) return id
  await using undo = new AsyncDisposableStack()
  const folder = join(context.layout.temporary, `squash-${randomUUID()}`)
  undo.defer(() => removeDeep(folder))
  const view = async (of: typeof chain, name: string) => {
    const place = join(folder, name)
    await mkdir(place, { recursive: true })
    await context.snapshots.mountView(of, place)
    undo.defer(() => context.snapshots.unmount(place))
    return place
  }
  const whole = await view(chain, 'whole')
  const archive = from?.chain ? context.layers.diff({ directory: whole, form: 'remove', below: [await view(from.chain, 'base')] }, { signal }) : context.layers.pack(whole, { signal })
  const layer = await context.images.addLayer(archive, { parent: from?.chain, lease, signal })
  const created = new Date().toISOString()
  const kept = from?.config.history?.length ?? 0
  const history = [...(config.history ?? []).map((entry, index) => (index < kept ? entry : { ...entry, empty_layer: true })), { created, comment: from ? `merge ${id} to ${from.image}` : `create new from ${id}` }]
  return context.images.create({ config: { ...config, created, rootfs: { type: 'layers', diff_ids: [...below, layer.diffId] }, history }, lease })
}
