/**
 * The browser shell: the same page and contract as the desktop, for machines without one. It listens on 127.0.0.1 alone; guard.ts says who may
 * talk to it. The page's files are served as they were built; everything else goes over one WebSocket per page.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { decodeFrame, encodeFrame } from '#shared/contract/socket-frames.ts'
import { EngineError } from '#shared/errors.ts'
import { serve, type Session } from '../../ipc/serve.ts'
import { answerStatic, contentSecurityPolicy } from '../static-files.ts'
import { answerFile, type FileReader } from './answer-file.ts'
import { createGuard, type Guard } from './guard.ts'

export interface BrowserShellOptions {
  /** 0 is a free one. */
  port: number
  /** Folder of the built page. */
  rendererRoot: string
  openSession(): Session
  readFile: FileReader
  /** A new address, each time the last was used. */
  onAddress(url: string): void
}

export interface BrowserShell extends AsyncDisposable {
  port: number
}

/** Characters in one message from the page: a large paste fits. */
const longestMessage = 8 * 1024 * 1024

export async function startBrowserShell(options: BrowserShellOptions): Promise<BrowserShell> {
  const server = createServer({ maxHeaderSize: 32 * 1024 })
  const port = await listen(server, options.port)
  const guard = createGuard(port)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: longestMessage, perMessageDeflate: false })
  const announce = () => options.onAddress(`http://127.0.0.1:${port}/?token=${guard.newToken()}`)

  server.on('request', (request, response) => void answer(request, response, guard, options, announce))
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Nobody else hears of a connection that is reset before it is a WebSocket.
    socket.on('error', () => socket.destroy())
    if (pathOf(request) !== '/bridge' || !guard.isOurs(request.headers, 'socket') || !guard.isKnown(request.headers)) return refuse(socket)
    sockets.handleUpgrade(request, socket, head, (webSocket) => connect(webSocket, options.openSession()))
  })
  announce()
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, guard: Guard, { rendererRoot, readFile }: BrowserShellOptions, announce: () => void): Promise<void> {
  if (!guard.isOurs(request.headers, 'page')) return say(response, 403, 'This address is not served here.')
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(response, 405, 'Only GET.')
  if (guard.isKnown(request.headers)) {
    if (pathOf(request) === '/file') return answerFile(request, response, readFile)
    const policy = contentSecurityPolicy(`ws://${request.headers.host}`)
    const { status, headers, body } = await answerStatic(rendererRoot, pathOf(request), policy)
    return void response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body)
  }
  const token = queryOf(request).get('token')
  const cookie = token === null ? undefined : guard.exchange(token)
  if (!cookie) return say(response, 401, 'Open Slipway with the address it printed when it started. Each address works once.')
  announce()
  welcome(response, cookie)
}

/**
 * A page that goes on by itself, not a redirect: a SameSite=Strict cookie is not sent with a redirect of a request that another
 * site began (a link in a chat), but it is with one that this page begins.
 */
const welcome = (response: ServerResponse, cookie: string) =>
  void response
    .writeHead(200, { ...plainHeaders, 'content-type': 'text/html; charset=utf-8', 'set-cookie': cookie })
    .end('<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>Slipway</title>')

const plainHeaders = {
  'content-type': 'text/plain; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}
const say = (response: ServerResponse, status: number, text: string) => void response.writeHead(status, plainHeaders).end(`${text}\n`)
const refuse = (socket: Duplex) => void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
const pathOf = (request: IncomingMessage) => (request.url ?? '/').split('?', 1)[0] ?? '/'
/** What stands before it need not be a URL: `//[` comes from any page's fetch. */
const queryOf = (request: IncomingMessage): URLSearchParams => new URLSearchParams((request.url ?? '').slice(pathOf(request).length))

/** One page on one socket. */
function connect(socket: WebSocket, session: Session): void {
  const peer = serve(session, (frame) => socket.send(encodeFrame(frame)))
  socket.on('message', (bytes: Buffer, isBinary) => {
    const frame = decodeFrame(isBinary ? bytes : String(bytes))
    if (frame === undefined) socket.close(1003)
    else peer.receive(frame)
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => peer.close())
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) =>
    reject(error.code === 'EADDRINUSE' ? new EngineError('conflict', `Port ${port} of 127.0.0.1 is taken.`, { hint: 'Choose another with --port, or leave it out.', cause: error }) : error),
  )
  server.listen(port, '127.0.0.1', resolve)
  await promise
  return (server.address() as AddressInfo).port
}
