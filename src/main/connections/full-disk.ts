import { constants } from 'node:os'
import { EngineError } from '#shared/errors.ts'
import { fromErrno } from '#base/system-error.ts'

/** Inside of a stream an engine tells its failure as a sentence alone: that its disk is full is known by the kernel's words. */
export function fullDisk(message: string): EngineError | undefined {
  if (!/no space left on (the )?(device|disk)/i.test(message)) return undefined
  const { code, reason, hint } = fromErrno(constants.errno.ENOSPC, message)
  return new EngineError(code, message, { reason, hint })
}
