import { normalize } from 'node:path/posix'
import { EngineError } from '#shared/errors.ts'

/**
 * A working directory in the container, cleaned. /proc/self/fd/N as working directory is how an image gets hold of a directory of the host that
 * the runtime has open (CVE-2024-21626); newer runtimes refuse it themselves, links included, and no honest image has it. @throws invalid-argument.
 */
export function checkWorkingDirectory(path: string = '/'): string {
  const clean = normalize(path === '' ? '/' : path).replace(/(.)\/$/, '$1')
  const refuse = (why: string) => new EngineError('invalid-argument', why, { reason: 'invalid-working-directory', field: 'workingDirectory' })
  if (!clean.startsWith('/')) throw refuse(`the working directory '${path}' is invalid, it needs to be an absolute path`)
  if (/^\/(proc\/.+|dev)\/fd(\/|$)/.test(clean)) throw refuse(`the working directory '${path}' is an open file of another process, not a directory of the container`)
  return clean
}
