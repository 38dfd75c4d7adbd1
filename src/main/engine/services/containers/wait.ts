import { EngineError } from '#shared/errors.ts'
import type { ContainersContext } from './context.ts'
import { isAlive, lastEnd, type ContainerState } from './state.ts'

export type WaitCondition = 'not-running' | 'next-exit' | 'removed'
export interface WaitResult {
  code: number
  error?: string
}

export function parseWaitCondition(text: string | undefined): WaitCondition {
  if (text === undefined || text === '') return 'not-running'
  if (text === 'not-running' || text === 'next-exit' || text === 'removed') return text
  throw new EngineError('invalid-argument', `invalid condition: "${text}"`)
}

/** How it ended last, or why it never began. */
function endOf(state: ContainerState): WaitResult {
  const failure = state.status === 'created' ? state.failure : lastEnd(state)?.failure
  return failure ? { code: failure.code, error: failure.message } : { code: lastEnd(state)?.code ?? 0 }
}

/** Waiting has begun when this returns; the result comes with `ended`. */
export function waitForContainer(ctx: ContainersContext, reference: string, condition: WaitCondition, signal: AbortSignal): { ended: Promise<WaitResult> } {
  const record = ctx.records.get(reference)
  const live = ctx.live.of(record.id)
  if (condition === 'not-running' && !isAlive(record.state) && record.state.status !== 'restarting') return { ended: Promise.resolve(endOf(record.state)) }
  const listeners = condition === 'removed' ? live.onRemoved : live.onExit
  const { promise, resolve, reject } = Promise.withResolvers<WaitResult>()
  listeners.add(resolve)
  const leave = () => {
    listeners.delete(resolve)
    reject(new EngineError('cancelled', 'nobody waits any more'))
  }
  signal.addEventListener('abort', leave, { once: true })
  promise.finally(() => signal.removeEventListener('abort', leave)).catch(() => {})
  return { ended: promise }
}
