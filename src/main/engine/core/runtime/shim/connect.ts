import { closeSync, constants, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** sun_path is 108 bytes with its final NUL: https://man7.org/linux/man-pages/man7/unix.7.html */
const LONGEST_SOCKET_PATH = 107
/** The shim's backlog is 16; a full one is answered by EAGAIN, which Node does not wait out. */
const BUSY_RETRIES = 200
const BUSY_DELAY_MS = 5

/** A connection to the shim of a state directory, however long its path. Undefined when no shim listens there. */
export async function connectShim(stateDirectory: string): Promise<Socket | undefined> {
  const path = join(stateDirectory, 'shim.sock')
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return await connectPatiently(path)
  let directory: number
  try {
    directory = openSync(stateDirectory, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return await connectPatiently(`/proc/self/fd/${directory}/shim.sock`)
  } finally {
    closeSync(directory)
  }
}

async function connectPatiently(path: string): Promise<Socket | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await connectOnce(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET') return undefined /* never there, gone, going */
      if (code !== 'EAGAIN' || attempt === BUSY_RETRIES) throw error
      await delay(BUSY_DELAY_MS)
    }
  }
}

async function connectOnce(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect(path)
  socket.once('error', reject)
  socket.once('connect', () => {
    socket.off('error', reject)
    resolve(socket)
  })
  return await promise
}
