import { EngineError, messageOf } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import type { ContainerRecord } from './record.ts'
import { parseSignal, SIGKILL } from './signals.ts'
import { isAlive } from './state.ts'
import { signalIfThere } from './stop.ts'
import { takeAsFact } from './unrecorded.ts'

/** Sends a signal, KILL by default; KILL waits for the end to be recorded. @throws failed-precondition when it does not run. */
export async function killContainer(ctx: ContainersContext, reference: string, signalText: string | undefined): Promise<void> {
  const { id } = existing(ctx, reference)
  const signal = signalText ? signalFor(reference, signalText) : SIGKILL
  const live = ctx.live.of(id)
  await ctx.locks.run(id, async () => {
    const record = ctx.records.get(id)
    if (record.state.status === 'restarting') return endRestarts(ctx, record)
    if (!isAlive(record.state) || !live.task) throw new EngineError('failed-precondition', `cannot kill container: ${reference}: container ${id} is not running`, { reason: 'not-running' })
    const stops = signal === SIGKILL || signal === parseSignal(record.config.StopSignal || 'TERM')
    if (stops) takeAsFact(ctx, { ...record, stoppedByUser: true })
    publishContainerEvent(ctx, record, 'kill', { signal: String(signal) })
    await signalIfThere(live.task, signal)
    if (signal === SIGKILL && record.state.status === 'paused') await live.task.resume()
  })
  if (signal === SIGKILL) await live.settled
}

function existing({ records }: ContainersContext, reference: string): ContainerRecord {
  const record = records.find(reference)
  if (!record) throw new EngineError('not-found', `cannot kill container: ${reference}: No such container: ${reference}`, { reason: 'no-such-container' })
  return record
}

/** Between two runs there is nothing to signal: the next run does not come. */
function endRestarts(ctx: ContainersContext, record: ContainerRecord): void {
  if (record.state.status !== 'restarting') return
  clearTimeout(ctx.live.of(record.id).restartTimer)
  takeAsFact(ctx, { ...record, stoppedByUser: true, state: { ...record.state, status: 'exited' } })
}

function signalFor(reference: string, text: string): number {
  try {
    return parseSignal(text)
  } catch (error) {
    throw new EngineError('invalid-argument', `cannot kill container: ${reference}: ${messageOf(error)}`, { field: 'signal' })
  }
}
