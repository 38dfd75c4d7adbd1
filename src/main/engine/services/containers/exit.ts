import { messageOf } from '#shared/errors.ts'
import { formatTimestamp, parseTimestamp } from '#base/timestamps.ts'
import type { Exit, Task } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { forgetUnbegunExecs } from './exec-records.ts'
import { releaseVolumes } from './open-mounts.ts'
import type { ContainerRecord } from './record.ts'
import { removeLocked } from './remove.ts'
import { shouldRestart } from './restart-policy.ts'
import { isAlive, type Ended } from './state.ts'
import { followRecord, takeAsFact } from './unrecorded.ts'

/** Follows a running task to its end, and records that. */
export function watchTask(ctx: ContainersContext, id: string, task: Task): void {
  const live = ctx.live.of(id)
  live.task = task
  live.running = new AbortController()
  live.settled = task.exited
    .then((exit) => ctx.locks.run(id, async () => (ctx.closing.aborted ? undefined : await settleExit(ctx, id, task, exit))))
    .catch((error: unknown) => ctx.log(`container ${id}: after its exit: ${messageOf(error)}`))
}

/**
 * The record first; then everything of the task goes; then those who wait are told. A disk that refuses the record keeps nobody waiting: what
 * the shim wrote down about the exit, in the run root, stays until the record is written, and with it what may only follow a record.
 */
export async function settleExit(ctx: ContainersContext, id: string, task: Task, exit: Exit): Promise<void> {
  const record = ctx.records.byId(id)
  const live = ctx.live.of(id)
  live.task = undefined
  live.health?.[Symbol.dispose]()
  if (!record || !isAlive(record.state)) return void (await task.remove())
  const ended: Ended = { code: exit.code, oomKilled: exit.oomKilled, startedAt: record.state.startedAt, finishedAt: formatTimestamp(exit.at) }
  const restarts = shouldRestart(record, exit.code) && !ctx.closing.aborted
  const next: ContainerRecord = { ...record, ports: [], state: { status: restarts ? 'restarting' : 'exited', ...ended }, restartCount: record.restartCount + (restarts ? 1 : 0) }
  const isRecorded = takeAsFact(ctx, next)
  if (!isRecorded) live.onceRecorded = () => settleRecorded(ctx, id, task, ended)
  await tearDown(ctx, next, isRecorded ? task : undefined)
  live.running?.abort()
  announce(ctx, next, exit, ended)
  if (isRecorded) await followRecord(ctx, id, () => followPolicy(ctx, ctx.records.byId(id), ended))
}

async function settleRecorded(ctx: ContainersContext, id: string, task: Task, ended: Ended): Promise<void> {
  const record = ctx.records.byId(id)
  if (!record) return void (await task.remove())
  await tearDown(ctx, record, task)
  const follow = () => followPolicy(ctx, ctx.records.byId(id), ended)
  // From here on only this is tried again.
  ctx.live.of(id).onceRecorded = follow
  await follow()
}

/** Again, if it failed: what was begun is gone on with. */
async function followPolicy(ctx: ContainersContext, record: ContainerRecord | undefined, ended: Ended): Promise<void> {
  if (!record) return
  if (record.state.status === 'restarting') ctx.restarts.schedule(record, durationOf(ended))
  // Records, which a disk may refuse: after all that others wait for.
  forgetUnbegunExecs(ctx, record.id)
  if (record.host.AutoRemove && !ctx.live.of(record.id).isRestarting && (record.state.status === 'exited' || record.state.status === 'removing')) await removeLocked(ctx, record, { volumes: true })
}

/** Every step is tried, also when one before it failed: what stays behind is found again by the next start of the engine. */
export async function tearDown(ctx: ContainersContext, record: ContainerRecord, task: Task | undefined): Promise<void> {
  const { rootfs } = ctx.layout.container(record.id)
  const outcomes = await Promise.allSettled([ctx.needs.networks.disconnectSandbox(record.id), releaseVolumes(ctx, record), Promise.resolve(task?.remove()).finally(() => ctx.snapshots.unmount(rootfs))])
  for (const outcome of outcomes) if (outcome.status === 'rejected') ctx.log(`container ${record.id}: cleaning up: ${messageOf(outcome.reason)}`)
}

function announce(ctx: ContainersContext, record: ContainerRecord, exit: Exit, ended: Ended): void {
  const live = ctx.live.of(record.id)
  if (exit.oomKilled) publishContainerEvent(ctx, record, 'oom')
  publishContainerEvent(ctx, record, 'die', { exitCode: String(exit.code), execDuration: String(Math.round(durationOf(ended) / 1000)) })
  const waiters = [...live.onExit]
  live.onExit.clear()
  for (const waiter of waiters) waiter({ code: exit.code })
}

/** Milliseconds. */
const durationOf = (ended: Ended): number => Number(((parseTimestamp(ended.finishedAt) ?? 0n) - (parseTimestamp(ended.startedAt) ?? 0n)) / 1_000_000n)
