import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Transport } from './transport.ts'

/**
 * An HTTP agent whose connections are a transport's streams. They are kept for the next request: a TLS handshake or an SSH channel costs round trips.
 */
export function agentOver(transport: Pick<Transport, 'open'>): Agent {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 4 })
  // Node asks for a connection here and waits for the callback: https://nodejs.org/api/http.html#agentcreateconnectionoptions-callback
  agent.createConnection = (_options, callback) => {
    transport.open().then(
      (stream) => callback?.(null, stream),
      (error: unknown) => callback?.(error as Error, undefined as unknown as Duplex),
    )
    return undefined as unknown as Duplex
  }
  return agent
}
