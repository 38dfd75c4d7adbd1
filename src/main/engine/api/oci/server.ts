import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isIP, type AddressInfo, type Socket } from 'node:net'
import { EngineError } from '#shared/errors.ts'
import { fromSystemError } from '#base/system-error.ts'
import { toEngineError } from '../errors.ts'
import { blobAnswers } from './blobs.ts'
import { replyJson, type Answer, type Call } from './call.ts'
import { ociError } from './errors.ts'
import { catalogAnswers, manifestAnswers } from './manifests.ts'
import type { OciAccess, OciNeeds } from './needs.ts'
import { uploadAnswers } from './uploads.ts'

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#endpoints, over HTTP or TLS, on a port of its own. */
export interface OciServer {
  /** Listens; closing cuts every connection. @throws already-exists, forbidden, invalid-argument as the address allows */
  open(place: OciPlace): Promise<OpenOciServer>
}
export interface OciPlace {
  host: string
  port: number
  tls?: { certificate: string; key: string } | undefined
}
export interface OpenOciServer {
  port: number
  close(): Promise<void>
}

export interface OciServerOptions {
  images: OciNeeds
  access: OciAccess
  log: (line: string) => void
  onRequest?: () => void
}

/** A connection on which nothing moves for so long is closed, unless it waits for us. */
const IDLE = 120_000
const HANDSHAKE_DEADLINE = 10_000
const MAX_CONNECTIONS = 1000

export function createOciServer(options: OciServerOptions): OciServer {
  const route = createRoutes(options.images)
  const answer = (request: IncomingMessage, response: ServerResponse) => void serve(options, route, request, response)
  return {
    async open({ host, port, tls }) {
      const common = { maxHeaderSize: 16 * 1024, keepAliveTimeout: 30_000, requestTimeout: 0, headersTimeout: 30_000 }
      const server = tls ? createTlsServer({ ...common, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_DEADLINE }, answer) : createServer(common, answer)
      server.maxConnections = MAX_CONNECTIONS
      boundIdle(server)
      await listening(server, host, port)
      return { port: (server.address() as AddressInfo).port, close: () => close(server) }
    },
  }
}

async function serve({ access, log, onRequest }: OciServerOptions, route: (call: Call, path: string) => Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  onRequest?.()
  response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
  const call: Call = { request, response, method: request.method ?? 'GET', name: '', reference: '', query: new URLSearchParams(search), signal: signalOf(response) }
  try {
    refuseWebPages(request)
    await access.authorize(request.headers.authorization, call.method === 'GET' || call.method === 'HEAD' ? 'pull' : 'push')
    await route(call, path)(call)
  } catch (thrown) {
    const error = toEngineError(thrown)
    if (error.code === 'internal' && !call.signal.aborted) log(`registry: ${call.method} ${path}: ${error.stack ?? error.message}\n${error.cause instanceof Error ? (error.cause.stack ?? '') : ''}`)
    if (response.headersSent || response.destroyed) return void response.destroy()
    if (error.code === 'unauthorized') response.setHeader('WWW-Authenticate', 'Basic realm="Slipway", charset="UTF-8"')
    // What of the body was not read is not waited for.
    if (!request.complete) response.setHeader('Connection', 'close')
    const { status, body } = ociError(error)
    replyJson(call, body, {}, status)
  }
}

/**
 * No page that somebody visits may read or push images through their browser; clients of registries send neither of these headers. A page whose name was
 * made to mean this machine sends neither as well (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header), but it has a name; where TLS is spoken that name is not the certificate's.
 */
function refuseWebPages({ headers, socket }: IncomingMessage): void {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) throw new EngineError('forbidden', 'requests of web pages are refused', { reason: 'web-page' })
  const name = URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? ''
  if ('encrypted' in socket || name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0) return
  throw new EngineError('forbidden', `requests for ${JSON.stringify(name)} are refused`, { reason: 'web-page', hint: 'Name the registry by its address, such as 127.0.0.1:5055.' })
}

/** The path's words, from the end: a repository may itself be called `blobs/uploads`. */
function createRoutes(images: OciNeeds) {
  const [catalog, manifests, blobs, uploads] = [catalogAnswers(images), manifestAnswers(images), blobAnswers(images), uploadAnswers(images)]
  const { POST: start, ...upload } = uploads
  const table: [RegExp, Partial<Record<string, Answer>>][] = [
    [/^\/v2\/?$/, both((call) => replyJson(call, {}))],
    [/^\/v2\/_catalog$/, both(catalog.catalog)],
    [/^\/v2\/(?<name>.+)\/tags\/list$/, both(catalog.tags)],
    [/^\/v2\/(?<name>.+)\/referrers\/(?<reference>[^/]+)$/, both(catalog.referrers)],
    [/^\/v2\/(?<name>.+)\/manifests\/(?<reference>[^/]+)$/, manifests],
    [/^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/, { POST: start }],
    [/^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/, upload],
    [/^\/v2\/(?<name>.+)\/blobs\/(?<reference>[^/]+)$/, blobs],
  ]
  return (call: Call, path: string): Answer => {
    for (const [pattern, answers] of table) {
      const found = pattern.exec(path)
      if (!found) continue
      Object.assign(call, found.groups)
      const answer = Object.hasOwn(answers, call.method) ? answers[call.method] : undefined
      if (answer) return answer
      call.response.setHeader('Allow', Object.keys(answers).join(', '))
      throw new EngineError('not-implemented', `${call.method} is not for this path`, { reason: 'wrong-method' })
    }
    throw new EngineError('not-found', 'no such path', { reason: 'no-such-repository' })
  }
}

function boundIdle(server: Server): void {
  const current = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>()
  server.timeout = IDLE
  server.on('request', (request, response) => current.set(request.socket, { request, response }))
  server.on('timeout', (socket: Socket) => {
    const exchange = current.get(socket)
    // All of the question is here and nothing of the answer has left: layers are being packed or unpacked.
    if (!exchange?.request.complete || exchange.response.headersSent) socket.destroy()
  })
}

const both = (answer: Answer) => ({ GET: answer, HEAD: answer })

function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new EngineError('cancelled', 'the client went away'))
  })
  return controller.signal
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error) => reject(fromSystemError(error, `cannot listen on ${host} port ${port}`)))
  server.listen({ host, port }, resolve)
  await promise
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
