import { EngineError } from '#shared/errors.ts'
import type { Exit } from '../runtime.ts'
import type { ShimProcess } from './monitored-process.ts'

/** A process that was over before we looked. */
export function endedProcess(exit: Exit, pid: number | undefined): ShimProcess {
  const over = async (): Promise<never> => {
    throw new EngineError('failed-precondition', 'the process has ended', { reason: 'not-running' })
  }
  return { pid, ended: true, begun: true, settled: Promise.resolve(), gone: Promise.resolve(), start: over, attach: over, resize: over, signal: over, exited: Promise.resolve(exit), close: () => {} }
}
