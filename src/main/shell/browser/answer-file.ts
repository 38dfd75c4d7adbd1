import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ConnectionId } from '#shared/contract/connections.ts'
import type { ReadMessage, ReadRequest } from '#shared/contract/files.ts'
import { identifier } from '#shared/contract/shape.ts'
import { streamShapes } from '#shared/contract/streams.ts'
import { isEngineError, messageOf } from '#shared/errors.ts'

export type FileReader = (connection: ConnectionId, request: ReadRequest, signal: AbortSignal) => AsyncGenerator<ReadMessage>

/** What is never shown, only saved: it comes from a container. */
const headers = {
  'content-type': 'application/octet-stream',
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/**
 * A file of a container or a volume as a download, for what the page cannot do by itself: a file that is dragged out of a browser is fetched by the
 * browser, from an address. `?connection=…&container=…` (or `volume=…`) `&path=…&as=content`.
 */
export async function answerFile(request: IncomingMessage, response: ServerResponse, read: FileReader): Promise<void> {
  const leaving = new AbortController()
  response.once('close', () => leaving.abort())
  try {
    const { connection, asked, name } = readQuery(new URL(request.url ?? '/', 'http://localhost').searchParams)
    const pieces = read(connection, asked, leaving.signal)
    // What is refused is refused before the first piece.
    const first = await pieces.next()
    response.writeHead(200, { ...headers, 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` })
    await pipeline(Readable.from(bytesOf(first, pieces)), response)
  } catch (error) {
    if (response.headersSent) return void response.destroy()
    response.writeHead(isEngineError(error, 'not-found') ? 404 : isEngineError(error, 'invalid-argument') ? 400 : 502, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(`${messageOf(error)}\n`)
  }
}

function readQuery(query: URLSearchParams): { connection: ConnectionId; asked: ReadRequest; name: string } {
  const volume = query.get('volume')
  const place = volume === null ? { kind: 'container', id: query.get('container') } : { kind: 'volume', name: volume }
  const asked = streamShapes['files.read'].request({ place, path: query.get('path'), as: query.get('as') }, '')
  const last = asked.path.split('/').at(-1) || 'files'
  return { connection: identifier<ConnectionId>()(query.get('connection'), 'connection'), asked, name: asked.as === 'archive' ? `${last}.tar` : last }
}

async function* bytesOf(first: IteratorResult<ReadMessage, unknown>, rest: AsyncGenerator<ReadMessage>): AsyncGenerator<Uint8Array> {
  if (first.done) return
  yield first.value.bytes
  for await (const { bytes } of rest) yield bytes
}
