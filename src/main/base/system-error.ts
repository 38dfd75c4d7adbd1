import { EngineError, isEngineError, messageOf, type ErrorCode } from '#shared/errors.ts'

const CODES: Record<string, [ErrorCode, string?]> = {
  ENOSPC: ['resource-exhausted', 'Free some space on the disk, for example by removing unused images and volumes.'],
  EDQUOT: ['resource-exhausted', 'The disk quota is used up.'],
  EMFILE: ['resource-exhausted', 'Raise the limit of open files (ulimit -n).'],
  ENFILE: ['resource-exhausted', 'The machine has too many files open.'],
  ENOMEM: ['resource-exhausted', 'The machine is out of memory.'],
  EROFS: ['failed-precondition', 'The file system is mounted read-only.'],
  EACCES: ['forbidden'],
  EPERM: ['forbidden'],
  EIO: ['data-loss', 'The disk reports errors; check it.'],
  ENOENT: ['not-found'],
}

/** The errno word of a failed system call (`ENOSPC`), if that is what it is. */
export const errnoOf = (error: unknown): string | undefined => (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined)

/** Gives a failed system call its code, with what was being done in front. Coded errors pass unchanged; what is no system error is `internal`. */
export function fromSystemError(error: unknown, doing: string): EngineError {
  if (isEngineError(error)) return error
  const errno = errnoOf(error)
  const [code, hint] = (errno && CODES[errno]) || ['internal']
  return new EngineError(code as ErrorCode, `${doing}: ${messageOf(error)}`, { cause: error, ...(errno && { reason: errno.toLowerCase() }), ...(hint && { hint }) })
}
