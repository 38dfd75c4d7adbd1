import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import type { Task } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { settleExit, tearDown, watchTask } from './exit.ts'
import { restoreExecs } from './exec-records.ts'
import { finishNetworks } from './finish-networks.ts'
import { watchHealth } from './health.ts'
import type { ContainerRecord } from './record.ts'
import { removeLocked } from './remove.ts'
import { startLocked } from './start.ts'
import { isAlive, lastEnd } from './state.ts'
import { followRecord, takeAsFact, writeUnrecorded } from './unrecorded.ts'

/**
 * Makes the records true again after the engine was away: what runs is followed on, what ended meanwhile is recorded with its own
 * time, what was being removed goes, and what its policy wants running is started.
 */
export async function restoreContainers(ctx: ContainersContext): Promise<void> {
  const tasks = new Map<string, Task>()
  await Promise.all(ctx.records.list().map(async ({ id }) => {
    const task = await ctx.runtime.openTask(id)
    if (task) tasks.set(id, task)
  }))
  const running = [...tasks.values()].filter((task) => task.pid !== undefined).map((task) => task.id)
  await ctx.needs.networks.restore(running)
  for (const record of ctx.records.list()) {
    await ctx.locks.run(record.id, () => restoreOne(ctx, record, tasks.get(record.id))).catch((error: unknown) => ctx.log(`container ${record.id}: ${messageOf(error)}`))
  }
  for (const { id, containerId } of ctx.execRecords.list()) if (!ctx.live.of(containerId).task) ctx.execRecords.delete(id)
  // Of one whose end is recorded only the record is wanted: the engine may have been cut before it had removed the rest.
  await ctx.runtime.sweepExecs(new Set(ctx.execRecords.list().flatMap(({ id, end }) => (end ? [] : [id]))))
  await removeUnrecorded(ctx)
  await ctx.needs.volumes.sweep()
}

async function restoreOne(ctx: ContainersContext, record: ContainerRecord, task: Task | undefined): Promise<void> {
  if (record.state.status === 'removing') {
    await tearDown(ctx, record, task)
    return await removeForSure(ctx, record.id, record.state.volumes ?? record.host.AutoRemove)
  }
  if (!isAlive(record.state)) {
    if (task?.pid !== undefined && !(await hasEnded(task))) await adoptUnrecorded(ctx, record, task)
    else await tearDown(ctx, record, task)
    if (record.host.AutoRemove && (record.state.status === 'exited' || ctx.snapshots.mayBeTorn(record.id))) return await removeForSure(ctx, record.id, true)
    return restartIfWanted(ctx, ctx.records.byId(record.id) ?? record)
  }
  if (!task) return await settleLost(ctx, record)
  if (await hasEnded(task)) {
    await settleExit(ctx, record.id, task, await task.exited)
    const after = ctx.records.byId(record.id)
    return after && restartIfWanted(ctx, after)
  }
  const { pid, startedAt } = record.state
  const wanted = record.state.status === 'paused' && !record.state.passing
  const frozen = await task.isPaused()
  if (frozen && !wanted) await task.resume()
  ctx.records.commit({ ...record, state: { status: frozen && wanted ? 'paused' : 'running', pid, startedAt } })
  await finishNetworks(ctx, record).catch((error: unknown) => ctx.log(`container ${record.id}: its networks: ${messageOf(error)}`))
  watchTask(ctx, record.id, task)
  await restoreExecs(ctx, record)
  watchHealth(ctx, record.id, true)
}

/** The engine was cut between starting the task and recording that it runs. */
async function adoptUnrecorded(ctx: ContainersContext, record: ContainerRecord, task: Task): Promise<void> {
  if (task.pid === undefined) return
  ctx.records.commit({ ...record, state: { status: 'running', pid: task.pid, startedAt: record.createdAt }, ports: ctx.needs.networks.findSandbox(record.id)?.ports ?? [] })
  watchTask(ctx, record.id, task)
  watchHealth(ctx, record.id)
}

/** After a reboot nothing is left of it. */
async function settleLost(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  if (!isAlive(record.state)) return
  const gone: ContainerRecord = { ...record, ports: [], state: { status: 'exited', code: 255, oomKilled: false, startedAt: record.state.startedAt, finishedAt: record.state.startedAt } }
  const isRecorded = takeAsFact(ctx, gone)
  await tearDown(ctx, gone, undefined)
  const follow = async () => {
    const current = ctx.records.byId(record.id)
    if (current?.host.AutoRemove) await removeLocked(ctx, current, { volumes: true })
    else if (current) restartIfWanted(ctx, current)
  }
  if (isRecorded) await followRecord(ctx, record.id, follow)
  else ctx.live.of(record.id).onceRecorded = follow
}

/** Tried again while it fails. */
const removeForSure = (ctx: ContainersContext, id: string, volumes: boolean | undefined): Promise<void> =>
  followRecord(ctx, id, async () => {
    const record = ctx.records.byId(id)
    if (record) await removeLocked(ctx, record, { volumes: volumes === true })
  })

/** `always` starts again even what the user had stopped, `unless-stopped` does not; a restart that was waiting goes on. */
function restartIfWanted(ctx: ContainersContext, record: ContainerRecord): void {
  const policy = record.host.RestartPolicy?.Name
  if (isAlive(record.state) || ctx.live.of(record.id).restartTimer) return
  const waiting = record.state.status === 'restarting'
  const ranBefore = lastEnd(record.state) !== undefined
  const wanted = waiting || (ranBefore && (policy === 'always' || (policy === 'unless-stopped' && !record.stoppedByUser)))
  if (!wanted) return
  void ctx.locks
    .run(record.id, async () => {
      await writeUnrecorded(ctx, record.id)
      const current = ctx.records.byId(record.id)
      if (current && !isAlive(current.state) && current.state.status !== 'removing' && !ctx.closing.aborted) await startLocked(ctx, { ...current, stoppedByUser: false })
    })
    .catch((error: unknown) => ctx.log(`container ${record.id}: start by its policy failed: ${messageOf(error)}`))
}

/** Tasks and snapshots of containers that were never recorded, or whose record is gone. Build steps live elsewhere. */
async function removeUnrecorded(ctx: ContainersContext): Promise<void> {
  for (const id of await ctx.runtime.listTasks()) {
    if (ctx.records.byId(id)) continue
    await removeStray(ctx, id).catch((error: unknown) => ctx.log(`container ${id}, which has no record: ${messageOf(error)}`))
  }
  for (const { key } of ctx.snapshots.listActive()) if (/^[0-9a-f]{64}$/.test(key) && !ctx.records.byId(key)) await ctx.snapshots.remove(key)
}

/** The folder last, and only once nothing is mounted in it. */
async function removeStray(ctx: ContainersContext, id: string): Promise<void> {
  const { rootfs, bundle } = ctx.layout.container(id)
  const task = await ctx.runtime.openTask(id)
  await ctx.snapshots.unmount(rootfs)
  await task?.remove()
  await rm(dirname(bundle), { recursive: true, force: true })
}

/** `exited` of a task that ended before is settled already; a turn of the loop is enough to see it. */
async function hasEnded(task: Task): Promise<boolean> {
  const pending = Symbol('pending')
  const turn = new Promise<typeof pending>((resolve) => setImmediate(() => resolve(pending)))
  return (await Promise.race([task.exited, turn])) !== pending
}
