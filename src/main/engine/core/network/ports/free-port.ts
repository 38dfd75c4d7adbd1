import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

export type Occupation = 'free' | 'taken' | 'not-permitted' | 'no-such-address'

/** Whether a program of this machine could listen there now: by trying it, which is the one answer that is true for every kind of wildcard. */
export function probePort(protocol: 'tcp' | 'udp' | 'sctp', address: string, port: number): Promise<Occupation> {
  if (protocol === 'sctp') return Promise.resolve('free')
  return protocol === 'tcp' ? probeTcp(address, port) : probeUdp(address, port)
}

function probeTcp(address: string, port: number): Promise<Occupation> {
  const { promise, resolve } = Promise.withResolvers<Occupation>()
  const server = createServer()
  server.once('error', (error) => resolve(occupationOf(error)))
  server.listen({ host: address, port, exclusive: true, ipv6Only: address.includes(':') }, () => server.close(() => resolve('free')))
  return promise
}

function probeUdp(address: string, port: number): Promise<Occupation> {
  const { promise, resolve } = Promise.withResolvers<Occupation>()
  const socket = address.includes(':') ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4')
  socket.once('error', (error) => {
    socket.close()
    resolve(occupationOf(error))
  })
  socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve('free')))
  return promise
}

function occupationOf(error: NodeJS.ErrnoException): Occupation {
  if (error.code === 'EACCES') return 'not-permitted'
  // EAFNOSUPPORT: this machine has no IPv6.
  return error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT' ? 'no-such-address' : 'taken'
}
