import { EngineError } from '#shared/errors.ts'
import type { StartEngine } from './open-application.ts'

/** Starts the engine host as a supervised child (engine-host/). */
export const startHostedEngine: StartEngine = async () => {
  throw new EngineError('not-implemented', 'The engine host cannot be started yet; give --engine-socket.')
}
