import { EngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { takeAsFact } from './unrecorded.ts'

/** Freezes every process; `passing`: an engine that is cut meanwhile lets them go on at its next start. @throws failed-precondition when it does not run, or is paused. */
export async function pauseContainer(ctx: ContainersContext, reference: string, { passing = false }: { passing?: boolean } = {}): Promise<void> {
  const { id } = ctx.records.get(reference)
  await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    const { task } = ctx.live.of(id)
    if (record.state.status === 'paused') throw new EngineError('failed-precondition', `Container ${id} is already paused`)
    if (record.state.status !== 'running' || !task) throw new EngineError('failed-precondition', `Container ${id} is not running`, { reason: 'not-running' })
    await using undo = new AsyncDisposableStack()
    await task.pause()
    undo.defer(() => task.resume())
    const paused = { ...record, state: { ...record.state, status: 'paused' as const, ...(passing && { passing }) } }
    ctx.records.commit(paused)
    undo.move()
    publishContainerEvent(ctx, paused, 'pause')
  })
}

/** @throws failed-precondition when it is not paused. */
export async function unpauseContainer(ctx: ContainersContext, reference: string): Promise<void> {
  const { id } = ctx.records.get(reference)
  await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    const { task } = ctx.live.of(id)
    if (record.state.status !== 'paused' || !task) throw new EngineError('failed-precondition', `Container ${id} is not paused`)
    await task.resume()
    const { pid, startedAt } = record.state
    const running = { ...record, state: { status: 'running' as const, pid, startedAt } }
    takeAsFact(ctx, running)
    publishContainerEvent(ctx, running, 'unpause')
  })
}
