import { EngineError } from '#shared/errors.ts'
import type { Task } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import type { ContainerRecord } from './record.ts'
import { parseSignal, SIGKILL, SIGTERM } from './signals.ts'
import { isAlive } from './state.ts'
import { takeAsFact } from './unrecorded.ts'

export interface StopOptions {
  /** Seconds until KILL; negative waits for ever. Default: the container's own, then 10. */
  timeout?: number
  signal?: string
}

const DEFAULT_TIMEOUT = 10
/** After KILL the kernel ends the process as soon as it leaves an uninterruptible wait. */
const KILL_DEADLINE = 30

/** @throws not-modified when it does not run. */
export async function stopContainer(ctx: ContainersContext, reference: string, options: StopOptions): Promise<void> {
  const { id } = ctx.records.get(reference)
  const stopping = await ctx.locks.run(id, () => beginStop(ctx, id, options))
  if (!stopping) return
  await endTask(ctx, id, stopping.task, stopping.timeout)
  const record = ctx.records.byId(id) ?? stopping.record
  publishContainerEvent(ctx, record, 'stop')
}

/** As for a shutdown of the machine: no user asked for it, so the restart policies count when the engine comes back. */
export async function stopAllContainers(ctx: ContainersContext): Promise<void> {
  const running = ctx.records.list().filter(({ state }) => isAlive(state))
  await Promise.allSettled(
    running.map(async ({ id, stoppedByUser }) => {
      await stopContainer(ctx, id, {})
      await ctx.locks.run(id, async () => {
        const record = ctx.records.byId(id)
        if (record?.state.status === 'exited' && !record.host.AutoRemove) ctx.records.commit({ ...record, stoppedByUser })
      })
    }),
  )
}

async function beginStop(ctx: ContainersContext, id: string, options: StopOptions): Promise<{ task: Task; timeout: number; record: ContainerRecord } | undefined> {
  const record = ctx.records.get(id)
  const live = ctx.live.of(id)
  const signal = parseSignal(options.signal || record.config.StopSignal || String(SIGTERM))
  if (record.state.status === 'restarting') {
    clearTimeout(live.restartTimer)
    takeAsFact(ctx, { ...record, stoppedByUser: true, state: { ...record.state, status: 'exited' } })
    publishContainerEvent(ctx, record, 'stop')
    return undefined
  }
  if (!isAlive(record.state) || !live.task) throw new EngineError('not-modified', `container ${id} is not running`)
  // Whoever's disk fails must be able to stop what runs.
  takeAsFact(ctx, { ...record, stoppedByUser: true })
  publishContainerEvent(ctx, record, 'kill', { signal: String(signal) })
  await signalIfThere(live.task, signal)
  if (record.state.status === 'paused') await live.task.resume()
  return { task: live.task, timeout: options.timeout ?? record.config.StopTimeout ?? DEFAULT_TIMEOUT, record }
}

/** Waits for the end, and helps with KILL when the time is up. Resolves when the exit is settled. */
async function endTask(ctx: ContainersContext, id: string, task: Task, timeout: number): Promise<void> {
  const { settled } = ctx.live.of(id)
  if (timeout < 0) return await settled
  if (await endsWithin(settled, timeout)) return
  const record = ctx.records.byId(id)
  if (record) publishContainerEvent(ctx, record, 'kill', { signal: String(SIGKILL) })
  await signalIfThere(task, SIGKILL)
  if (!(await endsWithin(settled, KILL_DEADLINE))) throw new EngineError('deadline-exceeded', `cannot stop container: ${id}: tried to kill container, but did not receive an exit event`)
}

async function endsWithin(settled: Promise<void>, seconds: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), Math.min(seconds * 1000, 2 ** 31 - 1))
  try {
    return await Promise.race([settled.then(() => true as const), late])
  } finally {
    clearTimeout(timer)
  }
}

/** It may have ended a moment ago. */
export async function signalIfThere(task: Task, signal: number): Promise<void> {
  await task.signal(signal).catch((error: unknown) => {
    if (!(error instanceof EngineError && error.code === 'failed-precondition')) throw error
  })
}
