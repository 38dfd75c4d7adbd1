import { lstatSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { EngineError } from '#shared/errors.ts'

/** sun_path is 108 bytes with its final NUL: https://man7.org/linux/man-pages/man7/unix.7.html */
const LONGEST_SOCKET_PATH = 107

/**
 * Makes sure that the engine can listen at this path: its folder is there, and nothing of value is in its place.
 * A socket that nobody answers on is left over from a crash, and will be replaced.
 * @throws invalid-argument (socket-path), conflict (socket-in-use)
 */
export async function prepareSocketPath(path: string, folderMode: number): Promise<void> {
  const bytes = Buffer.byteLength(path)
  if (bytes > LONGEST_SOCKET_PATH) {
    throw new EngineError('invalid-argument', `The socket path ${path} is ${bytes} bytes long; a unix socket's path may have ${LONGEST_SOCKET_PATH}.`, { reason: 'socket-path', hint: 'Give a shorter one with --socket.' })
  }
  mkdirSync(dirname(path), { recursive: true, mode: folderMode })
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket()) throw new EngineError('invalid-argument', `${path} is there already, and is not a socket.`, { reason: 'socket-path', hint: 'Remove it, or give another path with --socket.' })
  if (await answers(path)) throw new EngineError('conflict', `Another program listens on ${path}.`, { reason: 'socket-in-use', hint: 'End it, or give another path with --socket.' })
}

async function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.once('connect', () => resolve(true))
  // Anything but a refusal (a full backlog, a missing permission) means that somebody is there.
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}
