import { messageOf } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { FIRST_RESTART_DELAY } from './live.ts'
import type { ContainerRecord } from './record.ts'

const LONGEST_DELAY = 60_000
/** A run this long was a good one: the delay starts over. */
const GOOD_RUN = 10_000

export function shouldRestart(record: ContainerRecord, exitCode: number): boolean {
  const { Name: policy, MaximumRetryCount: limit = 0 } = record.host.RestartPolicy ?? {}
  if (record.stoppedByUser) return false
  if (policy === 'always' || policy === 'unless-stopped') return true
  return policy === 'on-failure' && exitCode !== 0 && (limit === 0 || record.restartCount < limit)
}

/** Starts containers again after Docker's back-off: 100 ms, doubling to a minute, over again after a good run. */
export interface Restarts {
  /** `ranFor` in milliseconds. */
  schedule(record: ContainerRecord, ranFor: number): void
}

/** `start` is what start.ts offers to a holder of the container's lock. */
export function createRestarts(ctx: Pick<ContainersContext, 'records' | 'live' | 'locks' | 'log' | 'closing'>, start: (record: ContainerRecord) => Promise<void>): Restarts {
  const restartNow = async (id: string) => {
    try {
      await ctx.locks.run(id, async () => {
        const record = ctx.records.byId(id)
        if (record?.state.status === 'restarting' && !ctx.closing.aborted) await start(record)
      })
    } catch (error) {
      ctx.log(`container ${id}: restart by its policy failed: ${messageOf(error)}`)
      // Not even that it failed could be recorded.
      const record = ctx.records.byId(id)
      if (record?.state.status === 'restarting' && !ctx.closing.aborted) schedule(record, 0)
    }
  }
  const schedule = (record: ContainerRecord, ranFor: number) => {
    const live = ctx.live.of(record.id)
    if (ranFor >= GOOD_RUN) live.restartDelay = FIRST_RESTART_DELAY
    const delay = live.restartDelay
    live.restartDelay = Math.min(delay * 2, LONGEST_DELAY)
    live.restartTimer = setTimeout(() => void restartNow(record.id), delay)
  }
  return { schedule }
}
