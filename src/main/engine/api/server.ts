import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, ListenOptions, Socket } from 'node:net'
import { chmod, rm } from 'node:fs/promises'
import { EngineError } from '#shared/errors.ts'
import { errorReply, toEngineError } from './errors.ts'
import { createExchange, createUpgradedExchange, responseOn } from './exchange.ts'
import { createRouteTable } from './route-table.ts'
import type { Exchange, Reply, Route } from './router.ts'
import { API_MAXIMUM, formatApiVersion, splitVersion } from './version.ts'

export interface ApiServerOptions {
  routes: readonly Route[]
  /** Of the engine, for the Server header. */
  version: string
  /** Gets one line for each internal error, with its stack. */
  log: (line: string) => void
  /** Called for each request. */
  onRequest?: () => void
}

/** The Docker Engine API on unix sockets, and on TCP for clients that show a certificate. Disposing stops listening and cuts every connection. */
export interface ApiServer extends AsyncDisposable {
  /** Replaces a socket file that nobody listens on. `mode`: 0o660 for root's engine, 0o600 for a user's. */
  listen(socketPath: string, mode: number): Promise<void>
  /** On a listening socket that this process was started with; its file is not ours to remove. */
  listenOn(fd: number): Promise<void>
  /** @returns the port, which the kernel chooses for 0. */
  listenTls(place: TlsPlace): Promise<number>
}

/** TCP only with mutual TLS; PEM texts. Whoever shows a certificate that `ca` signed may do everything. */
export interface TlsPlace {
  host: string
  port: number
  ca: string
  certificate: string
  key: string
}

type ExchangeWithHandler = Exchange & { handle: Route['handle'] }

const HEADERS_DEADLINE = 30_000
const HANDSHAKE_DEADLINE = 10_000
const MAX_CONNECTIONS = 20_000
/** As long as the kernel allows (net.core.somaxconn): a connection that finds the queue of a unix socket full is refused (EAGAIN). */
const BACKLOG = 4096

export function createApiServer(options: ApiServerOptions): ApiServer {
  const table = createRouteTable(options.routes)
  const headers = { 'Api-Version': formatApiVersion(API_MAXIMUM), 'Docker-Experimental': 'false', Ostype: 'linux', Server: `Slipway/${options.version} (linux)` }
  const serverOptions = {
    maxHeaderSize: 64 * 1024,
    keepAliveTimeout: 60_000,
    // Uploads of builds and archives may take as long as they like; what bounds a slow client is boundIdle.
    requestTimeout: 0,
    headersTimeout: 0,
    connectionsCheckingInterval: 2 ** 31 - 1,
    shouldUpgradeCallback: wantsUpgrade,
  }

  const respond = async (request: IncomingMessage, response: ServerResponse, makeExchange: (url: string) => Promise<ExchangeWithHandler> | ExchangeWithHandler) => {
    options.onRequest?.()
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    try {
      refuseWebPages(request)
      const exchange = await makeExchange(request.url ?? '/')
      const reply = await exchange.handle(exchange)
      if (reply) send(response, reply)
    } catch (thrown) {
      const error = toEngineError(thrown)
      if (error.code === 'internal') options.log(`${request.method} ${request.url}: ${error.stack ?? error.message}\n${error.cause instanceof Error ? (error.cause.stack ?? '') : ''}`)
      if (response.headersSent) response.destroy()
      else if (!response.socket) request.socket.destroy()
      else send(response, errorReply(error))
    }
  }
  const find = (request: IncomingMessage, url: string) => {
    const [rawPath = '/', search = ''] = splitOnce(url, '?')
    const { path, apiVersion } = splitVersion(rawPath)
    const match = request.method === 'OPTIONS' ? { params: {}, handle: () => ({ status: 200 }) } : table.match(request.method ?? 'GET', path)
    if (!match) throw new EngineError('not-found', 'page not found', { reason: 'no-route' })
    return { match, search, apiVersion }
  }

  const upgraded = new Set<Socket>()
  const servers: Server[] = []
  const serving = <Made extends Server>(server: Made): Made => {
    answerOn(server, { find, respond, upgraded })
    servers.push(server)
    return server
  }
  return {
    listen: (socketPath, mode) => listenAt(serving(createServer(serverOptions)), socketPath, mode),
    listenOn: (fd) => listening(serving(createServer(serverOptions)), { fd }),
    async listenTls({ host, port, ca, certificate, key }) {
      // A client half-closes at the end of its standard input, here as on a unix socket.
      const tls = { ca, cert: certificate, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_DEADLINE, allowHalfOpen: true } as const
      const server = serving(createTlsServer({ ...serverOptions, ...tls }))
      await listening(server, { host, port })
      return (server.address() as AddressInfo).port
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map((server) => close(server, upgraded)))),
  }
}

interface Answering {
  find: (request: IncomingMessage, url: string) => { match: { params: Record<string, string>; handle: Route['handle'] }; search: string; apiVersion: number }
  respond: (request: IncomingMessage, response: ServerResponse, makeExchange: (url: string) => Promise<ExchangeWithHandler> | ExchangeWithHandler) => Promise<void>
  /** Connections that are no longer HTTP. */
  upgraded: Set<Socket>
}

function answerOn(server: Server, { find, respond, upgraded }: Answering): void {
  server.maxConnections = MAX_CONNECTIONS
  server.on('request', (request, response) => {
    void respond(request, response, (url) => {
      const { match, search, apiVersion } = find(request, url)
      return { ...createExchange({ request, response, params: match.params, search, apiVersion }), handle: match.handle }
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    upgraded.add(socket)
    socket.setTimeout(0)
    socket.once('close', () => upgraded.delete(socket))
    socket.on('error', () => socket.destroy())
    const response = responseOn(request, socket)
    void respond(request, response, async (url) => {
      const { match, search, apiVersion } = find(request, url)
      return { ...(await createUpgradedExchange({ request, response, params: match.params, search, apiVersion }, socket, head)), handle: match.handle }
    })
  })
  boundIdle(server)
}

/** Many clients offer h2c with an ordinary request, which then is answered as it is; two paths are for nothing else. */
function wantsUpgrade({ headers, url = '' }: IncomingMessage): boolean {
  const protocol = (headers.upgrade ?? '').toLowerCase()
  return protocol === 'tcp' || protocol === 'websocket' || (protocol === 'h2c' && /^(\/v[\d.]+)?\/(grpc|session)(\?|$)/.test(url))
}

/**
 * Browsers, and nobody else, put these on what a page sends (https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/). No page can reach a unix socket; where
 * somebody leads one to a port, the pages that its user visits must not be able to start containers.
 */
function refuseWebPages({ headers }: IncomingMessage): void {
  if (headers.origin === undefined && headers['sec-fetch-site'] === undefined) return
  throw new EngineError('forbidden', 'requests of web pages are refused', { reason: 'web-page', hint: 'Use a Docker client.' })
}

/** A connection that has not sent its first headers in time is closed, without a timer that ticks while nobody is connected. */
function boundIdle(server: Server): void {
  for (const event of ['connection', 'secureConnection']) server.on(event, (socket: Socket) => socket.setTimeout(HEADERS_DEADLINE))
  server.on('request', (request) => request.socket.setTimeout(0))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"message":"malformed HTTP request"}\n')
    else socket.destroy()
  })
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return
  const noBody = reply.body === undefined
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
  if (noBody) {
    if (reply.status !== 204 && reply.status !== 304) response.setHeader('Content-Length', 0)
    response.writeHead(reply.status).end()
    return
  }
  const raw = typeof reply.body === 'string' || reply.body instanceof Uint8Array
  const bytes = raw ? Buffer.from(reply.body as string) : Buffer.from(`${JSON.stringify(reply.body)}\n`)
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', raw ? 'text/plain; charset=utf-8' : 'application/json')
  response.writeHead(reply.status, { 'Content-Length': bytes.length }).end(bytes)
}

async function listenAt(server: Server, socketPath: string, mode: number): Promise<void> {
  await rm(socketPath, { force: true })
  const umask = process.umask(0o777 & ~mode)
  try {
    await listening(server, { path: socketPath })
  } finally {
    process.umask(umask)
  }
  await chmod(socketPath, mode)
}

function listening(server: Server, where: ListenOptions | { fd: number }): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ backlog: BACKLOG, ...where }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function close(server: Server, upgraded: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
    for (const socket of upgraded) socket.destroy()
  })
}

const splitOnce = (text: string, separator: string): string[] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
