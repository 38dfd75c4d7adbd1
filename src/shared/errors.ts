/** Why an operation failed, from a closed set. Translated to HTTP status in engine/api/errors.ts and carried whole over IPC. */
export type ErrorCode =
  | 'invalid-argument'
  | 'not-found'
  | 'already-exists'
  | 'conflict'
  | 'not-modified'
  | 'failed-precondition'
  | 'unauthorized'
  | 'forbidden'
  | 'resource-exhausted'
  | 'unavailable'
  | 'deadline-exceeded'
  | 'cancelled'
  | 'not-implemented'
  | 'data-loss'
  | 'internal'

/** A deed that may mend it; the page has a button for each. */
export type Remedy = { kind: 'sign-in'; registry: string }

export interface EngineErrorDetail {
  /** A stable machine word within the code, such as `port-allocated` or `image-in-use`. */
  reason?: string
  /** What the user can do about it, in one sentence. */
  hint?: string
  /** The form field the error belongs to, such as `ports[0].hostPort`. */
  field?: string
  remedy?: Remedy
  cause?: unknown
}

/** The one error class. `message` says what and why; `hint` what to do. `internal` means a bug. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: ErrorCode
  readonly reason: string | undefined
  readonly hint: string | undefined
  readonly field: string | undefined
  readonly remedy: Remedy | undefined

  constructor(code: ErrorCode, message: string, detail: EngineErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.reason = detail.reason
    this.hint = detail.hint
    this.field = detail.field
    this.remedy = detail.remedy
  }
}

export const isEngineError = (error: unknown, code?: ErrorCode): error is EngineError =>
  error instanceof EngineError && (code === undefined || error.code === code)

/** What any thrown value says, for a log line or a wrapped message. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
