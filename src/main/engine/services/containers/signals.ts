import { EngineError } from '#shared/errors.ts'
import { signalNumber } from '#base/signal.ts'

/** @throws invalid-argument in Docker's words. */
export function parseSignal(text: string): number {
  const number = signalNumber(text)
  if (number === undefined) throw new EngineError('invalid-argument', `invalid signal: ${text}`, { field: 'signal' })
  return number
}

export const SIGKILL = 9
export const SIGTERM = 15
