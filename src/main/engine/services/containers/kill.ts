import { EngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { parseSignal, SIGKILL } from './signals.ts'
import { isAlive } from './state.ts'

/** Sends a signal, KILL by default; KILL waits for the end to be recorded. @throws failed-precondition when it does not run. */
export async function killContainer(ctx: ContainersContext, reference: string, signalText: string | undefined): Promise<void> {
  const signal = signalText ? parseSignal(signalText) : SIGKILL
  const { id } = ctx.records.get(reference)
  const live = ctx.live.of(id)
  await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    if (!isAlive(record.state) || !live.task) throw new EngineError('failed-precondition', `cannot kill container: ${reference}: container ${id} is not running`, { reason: 'not-running' })
    const stops = signal === SIGKILL || signal === parseSignal(record.config.StopSignal || 'TERM')
    if (stops) ctx.records.commit({ ...record, stoppedByUser: true })
    publishContainerEvent(ctx, record, 'kill', { signal: String(signal) })
    await live.task.signal(signal)
    if (signal === SIGKILL && record.state.status === 'paused') await live.task.resume()
  })
  if (signal === SIGKILL) await live.settled
}
