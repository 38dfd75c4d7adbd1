import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import type { Transport } from './transport.ts'

export interface Relay extends AsyncDisposable {
  socketPath: string
}

/** A socket of this user's alone that leads to the engine, for a program that cannot use a transport itself; as long as it is held. */
export async function openRelay(transport: Transport): Promise<Relay> {
  if (transport.socketPath !== undefined) return { socketPath: transport.socketPath, async [Symbol.asyncDispose]() {} }
  const folder = await mkdtemp(join(tmpdir(), 'slipway-relay-'))
  const socketPath = join(folder, 'docker.sock')
  const ends = new Set<Duplex>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => void pass(socket, transport, ends))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve))
  return {
    socketPath,
    async [Symbol.asyncDispose]() {
      for (const end of ends) end.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function pass(socket: Socket, transport: Transport, ends: Set<Duplex>): Promise<void> {
  socket.on('error', () => {})
  ends.add(socket)
  socket.once('close', () => ends.delete(socket))
  try {
    const far = await transport.open()
    if (socket.destroyed) return void far.destroy()
    pipeline(socket, far, socket, () => {})
  } catch {
    // What asked sees a connection that is closed; the connection's own state tells why.
    socket.destroy()
  }
}
