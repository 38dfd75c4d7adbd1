import { getSystemErrorMessage, getSystemErrorName } from 'node:util'
import { EngineError, isEngineError, messageOf, type ErrorCode } from '#shared/errors.ts'

/** What the kernel's errors mean to a user, and what there is to do about them. */
const CODES: Record<string, [code: ErrorCode, hint?: string]> = {
  ENOENT: ['not-found'],
  ENODEV: ['not-found'],
  ESRCH: ['not-found'],
  EEXIST: ['already-exists'],
  EADDRINUSE: ['already-exists'],
  EPERM: ['forbidden'],
  EACCES: ['forbidden'],
  EINVAL: ['invalid-argument'],
  ELOOP: ['invalid-argument'],
  ENAMETOOLONG: ['invalid-argument'],
  ENOTDIR: ['invalid-argument'],
  EISDIR: ['invalid-argument'],
  EFBIG: ['invalid-argument', 'The file is larger than the file system takes.'],
  ENOSPC: ['resource-exhausted', 'Free some space on the disk, for example by removing unused images and volumes.'],
  EDQUOT: ['resource-exhausted', 'The disk quota is used up.'],
  EMFILE: ['resource-exhausted', 'Raise the limit of open files (ulimit -n).'],
  ENFILE: ['resource-exhausted', 'The machine has too many files open.'],
  ENOMEM: ['resource-exhausted', 'The machine is out of memory.'],
  EROFS: ['failed-precondition', 'The file system is mounted read-only.'],
  EAGAIN: ['unavailable'],
  EIO: ['data-loss', 'The disk reports errors; check it.'],
  ENOSYS: ['not-implemented'],
  EOPNOTSUPP: ['not-implemented'],
}

/** The errno word of a failed system call (`ENOSPC`), if that is what it is. */
export const errnoOf = (error: unknown): string | undefined => (error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined)

/** Gives a failed system call of Node's its code, with what was being done in front; `reason` is the errno word. Coded errors pass unchanged; what is no system error is `internal`. */
export function fromSystemError(error: unknown, doing: string): EngineError {
  if (isEngineError(error)) return error
  const name = errnoOf(error)
  const [code, hint] = (name !== undefined && CODES[name]) || (['internal'] as const)
  return new EngineError(code, `${doing}: ${messageOf(error)}`, { cause: error, ...(name && { reason: name }), ...(hint && { hint }) })
}

/** The same of a bare number, positive as the kernel documents it. `doing` names the attempt: `mount /x`. */
export function fromErrno(errno: number, doing: string, cause?: unknown): EngineError {
  const name = getSystemErrorName(-errno)
  const [code, hint] = CODES[name] ?? (['failed-precondition'] as const)
  return new EngineError(code, `${doing}: ${getSystemErrorMessage(-errno)}`, { reason: name, cause, ...(hint && { hint }) })
}
