import { EngineError, isEngineError } from '#shared/errors.ts'

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that the disk under it can cause. */
const CORRUPT = new Set([11, 26])
const FULL = 13
const READ_ONLY = 8
const CANNOT_OPEN = 14
const IO_ERROR = 10

export const isFull = (error: unknown): boolean => error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === FULL

/** What SQLite could not do, in words of the disk. Other errors pass unchanged. */
export function fromSqliteError(error: unknown, path: string): unknown {
  if (isEngineError(error) || !(error instanceof Error) || !('errcode' in error)) return error
  const code = Number(error.errcode) & 0xff
  const because = { cause: error }
  if (CORRUPT.has(code)) return new EngineError('data-loss', `${path} is damaged: ${error.message}`, { ...because, reason: 'database-damaged', hint: 'slipway-engine doctor says what can be done.' })
  if (code === FULL) return new EngineError('resource-exhausted', `cannot write to ${path}: no space left on the disk`, { ...because, reason: 'ENOSPC', hint: 'Free some space on the disk, for example by removing unused images and volumes.' })
  if (code === READ_ONLY) return new EngineError('failed-precondition', `cannot write to ${path}: the file system is mounted read-only`, { ...because, reason: 'EROFS', hint: 'Mount it for writing.' })
  if (code === CANNOT_OPEN || code === IO_ERROR) return new EngineError('unavailable', `cannot write to ${path}: ${error.message}`, { ...because, reason: 'EIO', hint: 'Look at the disk, and at the limit of open files.' })
  return error
}
