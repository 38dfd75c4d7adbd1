import { ServerResponse, type IncomingMessage } from 'node:http'
import { Duplex, Readable } from 'node:stream'
import type { Socket } from 'node:net'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { parseJsonBody } from './json-text.ts'
import { createQuery } from './query.ts'
import type { Exchange } from './router.ts'
import { requestBody } from './streams/request-body.ts'

const JSON_LIMIT = 8 * 1024 * 1024

export interface ExchangeParts {
  request: IncomingMessage
  response: ServerResponse
  params: Record<string, string>
  search: string
  apiVersion: number
}

/** An exchange on an ordinary request: the body is the request stream, a hijack takes request and response as they are. */
export function createExchange(parts: ExchangeParts): Exchange {
  const { request, response } = parts
  return {
    request,
    response,
    params: parts.params,
    query: createQuery(parts.search),
    apiVersion: parts.apiVersion,
    signal: closeSignal(response),
    json: async <Body extends object>() => parseBody<Body>(request, await readAll(requestBody(request))),
    body() {
      const body = requestBody(request)
      response.once('finish', () => body.destroy())
      return body
    },
    hijack(contentType) {
      response.useChunkedEncodingByDefault = false
      response.writeHead(200, { 'Content-Type': contentType })
      response.flushHeaders()
      return Duplex.from({ readable: request, writable: response })
    },
  }
}

/**
 * An exchange on a request that asked for an upgrade. Node stops parsing behind the headers, so the body (exec start has one, and some
 * clients send one with attach) and the raw stream after it both come from the socket; the body is taken off it here.
 */
export async function createUpgradedExchange(parts: ExchangeParts, socket: Socket, head: Buffer): Promise<Exchange> {
  const { request, response } = parts
  if (head.length > 0) socket.unshift(head)
  const length = Number(request.headers['content-length'] ?? 0)
  const body = length > 0 ? await readExactly(socket, length) : Buffer.alloc(0)
  return {
    request,
    response,
    params: parts.params,
    query: createQuery(parts.search),
    apiVersion: parts.apiVersion,
    signal: closeSignal(socket),
    json: async <Body extends object>() => parseBody<Body>(request, body),
    body: () => Readable.from([body]),
    hijack(contentType) {
      const lines = Object.entries(response.getHeaders()).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      response.detachSocket(socket)
      socket.write(`HTTP/1.1 101 UPGRADED\r\n${lines.join('')}Content-Type: ${contentType}\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade === 'h2c' ? 'h2c' : 'tcp'}\r\n\r\n`)
      return request.headers['transfer-encoding'] === 'chunked' ? withoutEmptyChunkedBody(socket) : socket
    },
  }
}

/** A response to an upgrade request, for the case that it is refused. */
export function responseOn(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on('finish', () => socket.end())
  return response
}

const EMPTY_CHUNKED_BODY = Buffer.from('0\r\n\r\n')

/** Some clients (docker-modem) announce a chunked body on an upgrade and end it at once; those five bytes are not stdin. */
function withoutEmptyChunkedBody(socket: Socket): Socket {
  const first = socket.read() as Buffer | null
  if (first === null) return socket
  const rest = first.subarray(0, EMPTY_CHUNKED_BODY.length).equals(EMPTY_CHUNKED_BODY) ? first.subarray(EMPTY_CHUNKED_BODY.length) : first
  if (rest.length > 0) socket.unshift(rest)
  return socket
}

function closeSignal(stream: ServerResponse | Socket): AbortSignal {
  const controller = new AbortController()
  stream.once('close', () => {
    if (!stream.writableFinished) controller.abort(new EngineError('cancelled', 'the client went away'))
  })
  return controller.signal
}

async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > JSON_LIMIT) throw tooLarge()
      chunks.push(chunk)
    }
  } catch (cause) {
    throw isEngineError(cause) ? cause : new EngineError('cancelled', 'the request body was cut off', { cause })
  }
  return Buffer.concat(chunks, size)
}

/** Reads `length` bytes and leaves what follows in the socket. */
async function readExactly(socket: Socket, length: number): Promise<Buffer> {
  if (length > JSON_LIMIT) throw tooLarge()
  const pieces: Buffer[] = []
  for (let missing = length; missing > 0; ) {
    // What has come is taken: waiting with a part in the buffer, `readable` comes at once, for ever.
    const bytes = socket.read(socket.readableLength >= missing ? missing : undefined) as Buffer | null
    if (bytes === null) {
      if (socket.readableEnded || socket.destroyed) throw new EngineError('cancelled', 'the request body was cut off')
      await readableOrOver(socket)
      continue
    }
    pieces.push(bytes)
    missing -= bytes.length
  }
  return Buffer.concat(pieces)
}

function readableOrOver(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const name of ['readable', 'end', 'close', 'error']) socket.off(name, settle)
      resolve()
    }
    for (const name of ['readable', 'end', 'close', 'error']) socket.once(name, settle)
  })
}

const tooLarge = () => new EngineError('resource-exhausted', 'request body too large', { reason: 'body-too-large' })

function parseBody<Body extends object>(request: IncomingMessage, bytes: Buffer): Body {
  if (bytes.length === 0) return {} as Body
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  if (type !== 'application/json') throw new EngineError('invalid-argument', `unsupported Content-Type header (${type}): must be 'application/json'`)
  const value = parseJsonBody(bytes.toString('utf8'))
  if (value === null) return {} as Body
  if (typeof value !== 'object' || Array.isArray(value)) throw new EngineError('invalid-argument', 'invalid JSON: expected an object')
  return value as Body
}
