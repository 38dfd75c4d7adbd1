import { EngineError, isEngineError, messageOf, type ErrorCode, type Remedy } from '../errors.ts'

/** An EngineError as it crosses the bridge: everything the page shows, nothing of the stack. */
export interface SerializedError {
  code: ErrorCode
  message: string
  reason?: string
  hint?: string
  field?: string
  remedy?: Remedy
}

/** What is not an EngineError is a bug, and told as `internal`. */
export function serializeError(error: unknown): SerializedError {
  if (!isEngineError(error)) return { code: isAbort(error) ? 'cancelled' : 'internal', message: messageOf(error) }
  const { code, message, reason, hint, field, remedy } = error
  return { code, message, ...(reason !== undefined && { reason }), ...(hint !== undefined && { hint }), ...(field !== undefined && { field }), ...(remedy !== undefined && { remedy }) }
}

export const reviveError = ({ code, message, ...detail }: SerializedError): EngineError => new EngineError(code, message, detail)

const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError'
