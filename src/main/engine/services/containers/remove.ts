import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EngineError, messageOf } from '#shared/errors.ts'
import { settleAll } from '#base/settle-all.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { forgetExecs } from './exec-records.ts'
import type { ContainerRecord } from './record.ts'
import { isAlive, lastEnd } from './state.ts'
import { SIGKILL } from './signals.ts'
import { takeAsFact, writeUnrecorded } from './unrecorded.ts'

export interface RemoveOptions {
  /** Kills it first when it runs. */
  force?: boolean
  /** Its anonymous volumes too. */
  volumes?: boolean
}

/** @throws failed-precondition when it runs and force was not asked for. */
export async function removeContainer(ctx: ContainersContext, reference: string, options: RemoveOptions): Promise<void> {
  const { id } = ctx.records.get(reference)
  const live = ctx.live.of(id)
  if (ctx.records.get(id).state.status === 'removing' && ctx.locks.isHeld(id)) throw new EngineError('conflict', `removal of container ${id} is already in progress`, { reason: 'being-removed' })
  await ctx.locks.run(id, async () => {
    if (!isAlive(ctx.records.get(id).state)) await writeUnrecorded(ctx, id)
    const record = ctx.records.byId(id)
    // Its own policy was first.
    if (!record) return
    // One that failed half way is gone on with.
    if (record.state.status === 'removing') return await removeLocked(ctx, record, { ...options, volumes: options.volumes || record.state.volumes })
    if (!isAlive(record.state) && record.state.status !== 'restarting') return await removeLocked(ctx, record, options)
    if (!options.force) throw refusal(record)
    clearTimeout(live.restartTimer)
    takeAsFact(ctx, { ...record, stoppedByUser: true })
    await killForRemoval(ctx, record)
  })
  await live.settled
  await ctx.locks.run(id, async () => {
    await writeUnrecorded(ctx, id)
    const record = ctx.records.byId(id)
    if (record) await removeLocked(ctx, record, options)
  })
}

async function killForRemoval(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  const { task } = ctx.live.of(record.id)
  if (!task) return
  publishContainerEvent(ctx, record, 'kill', { signal: String(SIGKILL) })
  await task.signal(SIGKILL).catch((error: unknown) => ctx.log(`container ${record.id}: ${messageOf(error)}`))
  if (record.state.status === 'paused') await task.resume()
}

function refusal(record: ContainerRecord): EngineError {
  const why = record.state.status === 'paused' ? 'paused and must be unpaused first' : `${record.state.status}: stop the container before removing or force remove`
  return new EngineError('failed-precondition', `cannot remove container "/${record.name}": container is ${why}`, { reason: 'container-running', hint: 'Stop the container first, or remove it by force.' })
}

/** Removes a container that has no task; whoever calls holds its lock. The record goes last, so that a cut removal is finished by restore. */
export async function removeLocked(ctx: ContainersContext, record: ContainerRecord, options: RemoveOptions): Promise<void> {
  const { id } = record
  const paths = ctx.layout.container(id)
  if (record.state.status !== 'removing') ctx.records.commit({ ...record, state: { status: 'removing', last: record.state, volumes: options.volumes ?? false } })
  // It is not mounted any more, unless its end could not be tidied up: then nothing below could be removed.
  await ctx.snapshots.unmount(paths.rootfs)
  await settleAll([ctx.snapshots.hasActive(id) ? ctx.snapshots.remove(id) : Promise.resolve(), rm(paths.data, { recursive: true, force: true }), rm(dirname(paths.bundle), { recursive: true, force: true })])
  const anonymous = record.mounts.flatMap((mount) => (mount.kind === 'volume' && mount.anonymous ? [mount.volume] : []))
  if (!options.volumes) for (const volume of anonymous) ctx.needs.volumes.untie(volume)
  forgetExecs(ctx, id)
  ctx.records.delete(id)
  if (options.volumes) for (const volume of anonymous) await ctx.needs.volumes.removeUnused(volume)
  publishContainerEvent(ctx, record, 'destroy')
  const live = ctx.live.of(id)
  const code = lastEnd(record.state)?.code ?? 0
  for (const waiter of [...live.onRemoved, ...live.onExit]) waiter({ code })
  ctx.live.drop(id)
}
