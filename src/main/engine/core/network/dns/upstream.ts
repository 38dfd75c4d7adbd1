import { randomInt } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { isIPv6, Socket } from 'node:net'
import type { Syscalls } from '../../host/host.ts'
import { answers, isTruncated, responseCode, RESPONSE_CODE, withId, type Query } from './message.ts'

/** Servers to ask, and from which network namespace: the engine's own when undefined. */
export interface Upstream {
  servers: readonly string[]
  namespace: string | undefined
}

const PORT = 53
const SERVER_DEADLINE = 4_000
const SERVERS_ASKED = 3

/**
 * Hands a query on, byte for byte but for a fresh id, and gives back what the first server says that is neither a failure nor a refusal.
 * Undefined when none did.
 */
export async function askUpstream(syscalls: Pick<Syscalls, 'socketIn'>, upstream: Upstream, query: Query, bytes: Uint8Array, overTcp: boolean): Promise<Uint8Array | undefined> {
  const id = randomInt(65_536)
  const outgoing = withId(bytes, id)
  for (const server of upstream.servers.slice(0, SERVERS_ASKED)) {
    const ask = overTcp ? askByTcp : askByUdp
    const reply = await ask(syscalls, { server, namespace: upstream.namespace }, outgoing, (message) => answers(message, id, query.question)).catch(() => undefined)
    if (!reply) continue
    if (responseCode(reply) === RESPONSE_CODE.serverFailure || responseCode(reply) === RESPONSE_CODE.refused) continue
    if (!overTcp && !isTruncated(reply) && reply.length > query.udpBytes) continue
    return withId(reply, query.id)
  }
  return undefined
}

interface Server {
  server: string
  namespace: string | undefined
}
type Accept = (message: Uint8Array) => boolean

function askByUdp(syscalls: Pick<Syscalls, 'socketIn'>, { server, namespace }: Server, query: Uint8Array, accept: Accept): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const six = isIPv6(server)
  const socket = createSocket(six ? 'udp6' : 'udp4')
  const timer = setTimeout(() => reject(new Error('no answer')), SERVER_DEADLINE)
  socket.on('error', reject)
  // Connected, so that the kernel passes on only what comes from that server.
  socket.on('message', (message) => accept(message) && resolve(message))
  const send = () => connectAndSend(socket, server, query)
  if (namespace === undefined) send()
  else socket.bind({ fd: syscalls.socketIn(namespace, six ? 'udp6' : 'udp4', six ? '::' : '0.0.0.0', 0) }, send)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.close()
  })
}

function connectAndSend(socket: UdpSocket, server: string, query: Uint8Array) {
  socket.connect(PORT, server, (error?: Error) => (error ? socket.emit('error', error) : socket.send(query)))
}

function askByTcp(syscalls: Pick<Syscalls, 'socketIn'>, { server, namespace }: Server, query: Uint8Array, accept: Accept): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const six = isIPv6(server)
  const socket = namespace === undefined ? new Socket() : new Socket({ fd: syscalls.socketIn(namespace, six ? 'tcp6' : 'tcp4', six ? '::' : '0.0.0.0', 0) })
  const timer = setTimeout(() => reject(new Error('no answer')), SERVER_DEADLINE)
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('closed early')))
  socket.connect({ host: server, port: PORT }, () => socket.write(withLength(query)))
  readMessages(socket, (message) => accept(message) && resolve(message))
  return promise.finally(() => {
    clearTimeout(timer)
    socket.destroy()
  })
}

/** DNS over TCP puts two bytes of length before each message (RFC 1035 4.2.2). */
export function withLength(message: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(message.length >>> 8, message.length & 0xff), message])
}

/** Calls back for every whole message; never holds more than one message and what came with it. */
export function readMessages(socket: Pick<Socket, 'on'>, listener: (message: Uint8Array) => void): void {
  let pending: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (pending.length >= 2) {
      const length = pending.readUInt16BE(0)
      if (pending.length < 2 + length) break
      listener(pending.subarray(2, 2 + length))
      pending = pending.subarray(2 + length)
    }
  })
}
