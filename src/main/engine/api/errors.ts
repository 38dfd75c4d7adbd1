import { EngineError, messageOf, type ErrorCode } from '#shared/errors.ts'
import { errnoOf, fromSystemError } from '#base/system-error.ts'
import type { Reply } from './router.ts'

/** The one place where an error becomes a number. */
const STATUS: Record<ErrorCode, number> = {
  'invalid-argument': 400,
  'not-found': 404,
  'already-exists': 409,
  conflict: 409,
  'not-modified': 304,
  'failed-precondition': 409,
  unauthorized: 401,
  forbidden: 403,
  'resource-exhausted': 500,
  unavailable: 503,
  'deadline-exceeded': 500,
  cancelled: 499,
  'not-implemented': 501,
  'data-loss': 500,
  internal: 500,
}

/** Docker answers these with another number than their code has elsewhere. */
const STATUS_BY_REASON: Readonly<Record<string, number>> = {
  'body-too-large': 413,
  'port-allocated': 500,
  EDQUOT: 507,
  ENOSPC: 507,
  EROFS: 500,
}

/** Docker's `{message}`, with what our own app reads beside it. */
export interface ErrorBody {
  message: string
  code: ErrorCode
  reason?: string
  hint?: string
  field?: string
}

/** What the machine may come to at any moment, whatever is being done. */
const CONDITIONS: ReadonlySet<string> = new Set(['EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EROFS'])

/** Any thrown value as an EngineError; what neither is one already nor the machine's condition is a bug. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  return CONDITIONS.has(errnoOf(error) ?? '') ? fromSystemError(error, 'the engine could not go on') : new EngineError('internal', messageOf(error), { cause: error })
}

export const statusOf = (error: EngineError): number => (error.reason === undefined ? undefined : STATUS_BY_REASON[error.reason]) ?? STATUS[error.code]

export function errorReply(thrown: unknown): Reply {
  const error = toEngineError(thrown)
  const status = statusOf(error)
  if (status === 304) return { status }
  const body: ErrorBody = { message: error.message, code: error.code, reason: error.reason, hint: error.hint, field: error.field }
  return { status, body }
}
