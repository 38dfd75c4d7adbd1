import { EngineError } from '#shared/errors.ts'
import { wholeVolume, type VolumesContext } from './context.ts'
import type { VolumeRecord } from './record.ts'

/** @throws not-found unless `force`; conflict while a container mentions it */
export async function removeVolume(ctx: VolumesContext, name: string, force: boolean): Promise<void> {
  await ctx.locks.run(name, async () => {
    const record = wholeVolume(ctx, name)
    if (!record) {
      if (force) return
      throw new EngineError('not-found', `get ${name}: no such volume`, { reason: 'no-such-volume' })
    }
    const users = ctx.needs.containersUsing(name)
    if (users.length > 0) throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.map((user) => user.id).join(', ')}]`, { reason: 'volume-in-use', hint: 'Remove the containers that use it first.' })
    if (ctx.storage.isHeld(name)) throw new EngineError('conflict', `remove ${name}: volume is in use: its files are being copied`, { reason: 'volume-in-use' })
    await discard(ctx, record)
  })
}

/** One that cannot be removed now is tried again at the next start. */
export async function sweepVolumes(ctx: VolumesContext): Promise<void> {
  const left = ctx.records.list().filter(({ name, tied, unfinished }) => unfinished || (tied && ctx.needs.containersUsing(name).length === 0))
  await Promise.allSettled(left.map((record) => ctx.locks.run(record.name, () => discard(ctx, record))))
}

/** The mark comes first: what is removed in part must never pass for a volume. */
async function discard(ctx: VolumesContext, record: VolumeRecord): Promise<void> {
  ctx.records.put(record.name, { ...record, unfinished: true })
  await ctx.storage.remove(record.name)
  ctx.records.delete(record.name)
  ctx.events.publish({ type: 'volume', action: 'destroy', id: record.name, attributes: { driver: record.driver } })
}
