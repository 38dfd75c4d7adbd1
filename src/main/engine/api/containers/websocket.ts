import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { EngineError } from '#shared/errors.ts'
import type { Exchange } from '../router.ts'
import { createDuplexPeer } from '../streams/duplex-peer.ts'
import type { ContainersApiNeeds } from './needs.ts'

/** `GET /containers/:id/attach/ws`: the same bytes as attach, unframed, in binary messages. */
export async function attachWebSocket(needs: ContainersApiNeeds, exchange: Exchange): Promise<undefined> {
  const { params, query, request } = exchange
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw new EngineError('invalid-argument', 'this path is for WebSocket connections')
  const wanted = (name: string) => query.flag(name) || !['stdin', 'stdout', 'stderr'].some((stream) => query.flag(stream))
  const stdin = wanted('stdin')
  const attachment = needs.attach(params['id'] ?? '', { stdin, stdout: wanted('stdout'), stderr: wanted('stderr'), logs: query.flag('logs'), stream: query.flag('stream', true), detachKeys: query.text('detachKeys') })
  const peer = createDuplexPeer(await accept(exchange), { framed: false, stdin })
  try {
    await attachment.carry(peer, (bytes) => peer.writeRaw(bytes))
  } finally {
    peer.end()
  }
  return undefined
}

async function accept({ request, response }: Exchange): Promise<Duplex> {
  const { createWebSocketStream, WebSocketServer } = await import('ws')
  const { socket } = request
  response.detachSocket(socket)
  const { promise, resolve } = Promise.withResolvers<WebSocket>()
  new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, Buffer.alloc(0), resolve)
  return createWebSocketStream(await promise)
}
