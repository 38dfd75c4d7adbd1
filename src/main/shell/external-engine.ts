import type { HostedEngine } from './application.ts'
import { EngineError } from '#shared/errors.ts'

/** Stands where the engine host would: the engine was started by somebody else. */
export function externalEngine(socketPath: string): HostedEngine {
  return {
    state: () => ({ status: 'external', socketPath }),
    onState: () => () => {},
    lines: () => [],
    async restart() {
      throw new EngineError('failed-precondition', 'This engine was not started by Slipway.', { reason: 'engine-external', hint: 'Restart it where it was started.' })
    },
    async [Symbol.asyncDispose]() {},
  }
}
