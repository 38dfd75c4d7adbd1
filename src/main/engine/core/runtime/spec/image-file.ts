import { closeSync, constants, fstatSync, read } from 'node:fs'
import { promisify } from 'node:util'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import type { Host } from '../../host/host.ts'

/** More than any real /etc/passwd; less than what would hurt. */
const LARGEST = 1024 * 1024
/** O_NONBLOCK: opening a FIFO without a writer must not wait. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | 0o2000000 /* O_CLOEXEC */
const ABSENT = ['ENOENT', 'ENOTDIR']

const readBytes = promisify(read)

/**
 * A small text file that an image brought, for the engine to read: resolved within the image's root, a regular file, of bounded size.
 * Empty when there is none. @throws invalid-argument when it is something else.
 */
export async function readImageFile(syscalls: Pick<Host['syscalls'], 'openInRoot'>, rootFd: number, path: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) => new EngineError('invalid-argument', `cannot read /${path} of the container: ${why}`, { reason: 'hostile-image', cause })
  let fd: number
  try {
    fd = syscalls.openInRoot(rootFd, path, FLAGS)
  } catch (error) {
    if (isEngineError(error) && ABSENT.includes(error.reason ?? '')) return ''
    throw refuse(messageOf(error), error)
  }
  try {
    const { size, ...stat } = fstatSync(fd)
    if ((stat.mode & constants.S_IFMT) !== constants.S_IFREG) throw refuse('it is not a regular file')
    if (size > LARGEST) throw refuse(`it is larger than ${LARGEST} bytes`)
    const buffer = Buffer.alloc(size)
    let length = 0
    for (;;) {
      const { bytesRead } = await readBytes(fd, buffer, length, size - length, null)
      length += bytesRead
      if (bytesRead === 0 || length === size) return buffer.toString('utf8', 0, length)
    }
  } finally {
    closeSync(fd)
  }
}
