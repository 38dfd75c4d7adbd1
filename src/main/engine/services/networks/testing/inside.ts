import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, Socket } from 'node:net'
import type { Host } from '../../../core/host/host.ts'

type SocketHost = Pick<Host, 'syscalls'>
const DEADLINE = 3_000

/** Listens inside a namespace and greets everyone with `text` and the address they come from. */
export async function greet(host: SocketHost, namespace: string, port: number, text: string, address: '0.0.0.0' | '::' = '0.0.0.0'): Promise<Disposable> {
  const server = createServer((connection) => {
    connection.on('error', () => {})
    connection.end(`${text} to ${connection.remoteAddress}`)
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.on('error', reject)
  server.listen({ fd: host.syscalls.socketIn(namespace, address === '::' ? 'tcp6' : 'tcp4', address, port) }, resolve)
  await promise
  return { [Symbol.dispose]: () => void server.close() }
}

/** What is said by whoever listens there, asked from a namespace (undefined: the host). Rejects when nobody answers in time. */
export async function ask(host: SocketHost, from: string | undefined, address: string, port: number, deadline = DEADLINE): Promise<string> {
  const socket = from === undefined ? new Socket() : new Socket({ fd: host.syscalls.socketIn(from, address.includes(':') ? 'tcp6' : 'tcp4', address.includes(':') ? '::' : '0.0.0.0', 0) })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let heard = ''
  socket.setEncoding('utf8')
  socket.setTimeout(deadline, () => socket.destroy(new Error('timeout')))
  socket.on('data', (text: string) => (heard += text))
  socket.on('end', () => resolve(heard))
  socket.on('error', reject)
  socket.connect({ host: address, port })
  return await promise.finally(() => socket.destroy())
}

/** True when nobody answers, be it by silence or refusal. */
export const isUnreachable = (...args: Parameters<typeof ask>): Promise<boolean> =>
  ask(...args).then(
    () => false,
    () => true,
  )

export function udpSocket(host: SocketHost, namespace: string | undefined, port = 0): Promise<UdpSocket> {
  const socket = createSocket('udp4')
  const { promise, resolve, reject } = Promise.withResolvers<UdpSocket>()
  socket.on('error', reject)
  if (namespace === undefined) socket.bind(port, () => resolve(socket))
  else socket.bind({ fd: host.syscalls.socketIn(namespace, 'udp4', '0.0.0.0', port) }, () => resolve(socket))
  return promise
}

/** Sends and waits for one datagram. */
export async function askUdp(socket: UdpSocket, address: string, port: number, message: string | Uint8Array, deadline = DEADLINE): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const timer = setTimeout(() => reject(new Error('timeout')), deadline)
  socket.once('message', resolve)
  socket.send(message, port, address)
  return await promise.finally(() => clearTimeout(timer))
}
