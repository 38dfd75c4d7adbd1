import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import type { Syscalls } from './host.ts'

/**
 * Takes a directory for this process alone, by a lock that the kernel lets go of when the process ends in whatever way.
 * The file says whose it is. @throws conflict (data-root-in-use) naming the process that holds it.
 */
export function acquireLock(syscalls: Pick<Syscalls, 'tryLock'>, lockFile: string, what: string): Disposable {
  const fd = openLock(lockFile, what)
  if (!syscalls.tryLock(fd)) {
    closeSync(fd)
    throw inUse(what, holderOf(lockFile))
  }
  ftruncateSync(fd)
  writeSync(fd, `${process.pid}\n`)
  return { [Symbol.dispose]: () => closeSync(fd) }
}

function openLock(lockFile: string, what: string): number {
  try {
    return openSync(lockFile, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  } catch (error) {
    throw fromSystemError(error, `Slipway cannot use ${what}`)
  }
}

function inUse(what: string, pid: string): EngineError {
  const holder = pid === '' ? 'Another Slipway engine' : `Another Slipway engine (pid ${pid})`
  const hint = `Use that engine, end it${pid && ` (kill ${pid})`}, or give this one a --data-root and --run-root of its own.`
  return new EngineError('conflict', `${holder} is using ${what}.`, { reason: 'data-root-in-use', hint })
}

function holderOf(lockFile: string): string {
  try {
    return /^\d+/.exec(readFileSync(lockFile, 'utf8'))?.[0] ?? ''
  } catch {
    return ''
  }
}
