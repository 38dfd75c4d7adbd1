import { getSystemErrorName, getSystemErrorMessage } from 'node:util'
import { EngineError, type ErrorCode } from '#shared/errors.ts'

const CODES: Record<string, ErrorCode> = {
  ENOENT: 'not-found',
  ENODEV: 'not-found',
  ESRCH: 'not-found',
  EEXIST: 'already-exists',
  EADDRINUSE: 'already-exists',
  EPERM: 'forbidden',
  EACCES: 'forbidden',
  EINVAL: 'invalid-argument',
  ELOOP: 'invalid-argument',
  ENAMETOOLONG: 'invalid-argument',
  ENOTDIR: 'invalid-argument',
  EISDIR: 'invalid-argument',
  ENOSPC: 'resource-exhausted',
  EDQUOT: 'resource-exhausted',
  EMFILE: 'resource-exhausted',
  ENFILE: 'resource-exhausted',
  ENOMEM: 'resource-exhausted',
  EAGAIN: 'unavailable',
  EIO: 'data-loss',
  ENOSYS: 'not-implemented',
  EOPNOTSUPP: 'not-implemented',
}

/** `errno` is positive, as the kernel documents it. `what` names the attempt: `mount /x`. */
export function fromErrno(errno: number, what: string, cause?: unknown): EngineError {
  const name = getSystemErrorName(-errno)
  return new EngineError(CODES[name] ?? 'failed-precondition', `${what}: ${getSystemErrorMessage(-errno)}`, { reason: name, cause })
}
