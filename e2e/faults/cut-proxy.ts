import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy before a registry that hands a blob out up to a limit, holds the rest back, and counts what it gave. */
export interface CutProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  /** Bytes of blobs given since `begin`. */
  given(digest: string): number
  /** Counts anew; from now on no answer gives more than `limit` bytes of a blob. */
  begin(limit: number): void
  /** When an answer has reached the limit. */
  readonly held: Promise<void>
}

export async function startCutProxy(registry: string): Promise<CutProxy> {
  const counts = new Map<string, number>()
  let limit = Infinity
  const { promise: held, resolve: hold } = Promise.withResolvers<void>()
  const [hostname, port] = registry.split(':')
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const upstream = request({ hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      const digest = incoming.method === 'GET' ? /\/blobs\/(sha256:[0-9a-f]+)/.exec(incoming.url ?? '')?.[1] : undefined
      if (digest === undefined) return void answer.pipe(outgoing)
      let sent = 0
      answer.on('data', (chunk: Buffer) => {
        const part = chunk.subarray(0, Math.max(0, limit - sent))
        sent += part.length
        counts.set(digest, (counts.get(digest) ?? 0) + part.length)
        if (!outgoing.write(part)) {
          answer.pause()
          outgoing.once('drain', () => answer.resume())
        }
        if (sent >= limit) hold()
      })
      answer.on('end', () => (sent >= limit ? undefined : outgoing.end()))
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  }
  const server = createServer(forward).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    given: (digest) => counts.get(digest) ?? 0,
    begin(next) {
      counts.clear()
      limit = next
    },
    held,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
