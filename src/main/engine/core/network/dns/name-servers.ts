import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import type { Syscalls } from '../../host/host.ts'
import { exchange } from '../netlink/exchange.ts'
import type { NameDirectory } from './directory.ts'
import { decodeQuery, encodeAnswer, encodeFormatError, RESPONSE_CODE, type Query } from './message.ts'
import { DNS_ADDRESS, DNS_PORT, dnsRedirect } from './redirect.ts'
import { resolveLocally, type NameScope } from './resolve.ts'
import { askUpstream, readMessages, withLength, type Upstream } from './upstream.ts'

/**
 * Name servers: one in each sandbox that needs names, at 127.0.0.11.
 *
 * The sockets are the engine's but are made inside the sandbox, so a container asks over its own loopback, no network sees it, and which
 * container asks is known from the socket. Names of the sandbox's networks are answered here; everything else is handed on, unless the sandbox
 * is on internal networks only.
 */
export interface NameServers {
  /** Starts to serve; `again` when an earlier engine has already set the sandbox up. */
  open(sandbox: NameServerPlan, options?: { again?: boolean }): Promise<void>
  /** Stops; an absent one is nothing. The namespace cannot end before. */
  close(containerId: string): void
  isOpen(containerId: string): boolean
}

export interface NameServerPlan {
  containerId: string
  namespacePath: string
  /** Asked for at every query, because both change while the container runs. */
  scope: () => NameScope
  /** Where other names are asked for; undefined: nowhere. */
  upstream: () => Upstream | undefined
}

const MAXIMUM_WAITING = 128
const MAXIMUM_CONNECTIONS = 32
const IDLE_CONNECTION = 10_000

interface Open {
  udp: UdpSocket
  tcp: Server
  /** An open one would keep the namespace alive after the container. */
  connections: Set<Socket>
}

export function createNameServers(syscalls: Pick<Syscalls, 'socketIn' | 'netlink'>, directory: NameDirectory): NameServers {
  const open = new Map<string, Open>()
  const close = (containerId: string) => {
    const found = open.get(containerId)
    open.delete(containerId)
    found?.udp.close()
    found?.tcp.close()
    for (const connection of found?.connections ?? []) connection.destroy()
  }
  return {
    close,
    isOpen: (containerId) => open.has(containerId),
    async open(plan, { again = false } = {}) {
      close(plan.containerId)
      await exchange(syscalls, { namespace: plan.namespacePath, protocol: 'netfilter', messages: dnsRedirect({ again }), about: 'redirect DNS' })
      const answer = createAnswerer(syscalls, directory, plan)
      const udp = serveUdp(syscalls.socketIn(plan.namespacePath, 'udp4', DNS_ADDRESS, DNS_PORT), answer)
      const connections = new Set<Socket>()
      const tcp = serveTcp(syscalls.socketIn(plan.namespacePath, 'tcp4', DNS_ADDRESS, DNS_PORT), answer, connections)
      open.set(plan.containerId, { udp, tcp, connections })
    },
  }
}

/** The reply to a message; undefined when it deserves none. */
type Answerer = (message: Uint8Array, overTcp: boolean) => Promise<Uint8Array | undefined>

function createAnswerer(syscalls: Pick<Syscalls, 'socketIn'>, directory: NameDirectory, plan: NameServerPlan): Answerer {
  let waiting = 0
  const plain = (query: Query, code: number, overTcp: boolean) => encodeAnswer(query, { code, records: [] }, overTcp)
  async function forward(query: Query, message: Uint8Array, overTcp: boolean): Promise<Uint8Array> {
    if (waiting >= MAXIMUM_WAITING) return plain(query, RESPONSE_CODE.refused, overTcp)
    waiting++
    try {
      const upstream = plan.upstream()
      // Nobody to ask by design: what is not known here does not exist.
      if (!upstream) return plain(query, RESPONSE_CODE.nameError, overTcp)
      return (await askUpstream(syscalls, upstream, query, message, overTcp)) ?? plain(query, RESPONSE_CODE.serverFailure, overTcp)
    } finally {
      waiting--
    }
  }
  return async (message, overTcp) => {
    const query = decodeQuery(message)
    if (!query) return undefined
    if ('malformed' in query) return encodeFormatError(query.id)
    if (query.opcode !== 0) return plain(query, RESPONSE_CODE.notImplemented, overTcp)
    const known = resolveLocally(query, plan.scope(), directory)
    return known ? encodeAnswer(query, known, overTcp) : await forward(query, message, overTcp)
  }
}

function serveUdp(fd: number, answer: Answerer): UdpSocket {
  const socket = createSocket('udp4')
  // The sandbox may be torn down around an answer that is on its way.
  socket.on('error', () => {})
  socket.on('message', (message, client) => {
    answer(message, false).then(
      (reply) => reply && socket.send(reply, client.port, client.address, () => {}),
      () => {},
    )
  })
  socket.bind({ fd })
  return socket
}

function serveTcp(fd: number, answer: Answerer, connections: Set<Socket>): Server {
  const server = createServer((connection) => {
    connections.add(connection)
    connection.setTimeout(IDLE_CONNECTION, () => connection.destroy())
    connection.on('error', () => connection.destroy())
    connection.on('close', () => connections.delete(connection))
    readMessages(connection, (message) => {
      answer(message, true).then(
        (reply) => (reply && !connection.destroyed ? connection.write(withLength(reply)) : connection.destroy()),
        () => connection.destroy(),
      )
    })
  })
  server.maxConnections = MAXIMUM_CONNECTIONS
  server.on('error', () => {})
  server.listen({ fd })
  return server
}
