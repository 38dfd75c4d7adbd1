import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { EngineError } from '#shared/errors.ts'
import type { Exchange } from '../router.ts'
import { createDuplexPeer } from '../streams/duplex-peer.ts'
import type { ContainersApiNeeds } from './needs.ts'

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const NORMAL_CLOSURE = 1000

/** `GET /containers/:id/attach/ws`: the same bytes as attach, unframed, in binary messages. */
export async function attachWebSocket(needs: ContainersApiNeeds, exchange: Exchange): Promise<undefined> {
  const { params, query, request, apiVersion } = exchange
  const { id } = needs.get(params['id'] ?? '')
  if (request.headers.upgrade?.toLowerCase() !== 'websocket') throw new EngineError('invalid-argument', 'this path is for WebSocket connections')
  // Before API 1.42 all three were meant whatever was said.
  const wanted = (name: string) => apiVersion < 42 || query.flag(name)
  const stdin = wanted('stdin')
  const attachment = needs.attach(id, { stdin, stdout: wanted('stdout'), stderr: wanted('stderr'), logs: query.flag('logs'), plainLogs: true, stream: query.flag('stream'), detachKeys: query.text('detachKeys') })
  const peer = createDuplexPeer(await accept(exchange), { framed: false, stdin })
  try {
    await attachment.carry(peer, (bytes) => peer.writeRaw(bytes))
  } finally {
    peer.end()
  }
  return undefined
}

/** A stream that ends closes without a code; Docker says that all went well. */
function endingNormally(socket: WebSocket): WebSocket {
  const close = socket.close.bind(socket)
  socket.close = (code = NORMAL_CLOSURE, reason) => close(code, reason)
  return socket
}

async function accept({ request, response }: Exchange): Promise<Duplex> {
  const { createWebSocketStream, WebSocketServer } = await import('ws')
  const { socket } = request
  response.detachSocket(socket)
  const { promise, resolve } = Promise.withResolvers<WebSocket>()
  new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, Buffer.alloc(0), resolve)
  return createWebSocketStream(endingNormally(await promise))
}
