import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WireContainer } from '../wire/container.ts'
import type { WireEvent } from '../wire/event.ts'
import type { WireImageDetail } from '../wire/image.ts'

export type Handler = (request: { query: URLSearchParams; body: string; params: string[]; response: ServerResponse }) => unknown

/** A Docker API in memory on a real unix socket: enough of it to be connected to, and routes that a test puts in or in place. */
export interface FakeEngine extends AsyncDisposable {
  socketPath: string
  containers: Map<string, WireContainer>
  images: Map<string, WireImageDetail>
  /** Every request so far, as `GET /path?query`. */
  asked: string[]
  /** The same, as they came. */
  requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[]
  /** A star stands for parts of a path. A plain answer is sent as JSON; undefined means the handler answered. */
  routes: Map<string, Handler>
  upgrade: ((path: string, socket: Duplex) => void) | undefined
  emit(event: Pick<WireEvent, 'Type' | 'Action' | 'Actor'>): void
  /** As kill -9 would: every connection is cut and the socket is gone. */
  die(): Promise<void>
  comeBack(): Promise<void>
}

export class Refusal {
  readonly status: number
  readonly body: object
  constructor(status: number, message: string, more: object = {}) {
    this.status = status
    this.body = { message, ...more }
  }
}

export const wireContainer = (id: string, more: Partial<WireContainer> = {}): WireContainer => ({ Id: id, Names: [`/${id}`], Image: 'nginx', ImageID: 'sha256:1', Created: 1, State: 'running', Status: 'Up 2 hours', Labels: {}, ...more })

export async function startFakeEngine(): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-fake-'))
  const socketPath = join(folder, 'docker.sock')
  const containers = new Map<string, WireContainer>()
  const images = new Map<string, WireImageDetail>()
  const routes = new Map<string, Handler>()
  const asked: string[] = []
  const requests: FakeEngine['requests'] = []
  const listeners = new Set<ServerResponse>()
  const upgraded = new Set<Duplex>()
  let server: Server

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    asked.push(`${request.method} ${request.url}`)
    requests.push(request)
    const url = new URL(request.url ?? '/', 'http://localhost')
    const found = find([...routes, ...builtIn(containers, images, listeners)], `${request.method} ${decodeURIComponent(url.pathname)}`)
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const result = found ? await found.handler({ query: url.searchParams, body, params: found.params, response }) : new Refusal(404, 'page not found')
    if (result === undefined) return
    const [status, value] = result instanceof Refusal ? [result.status, result.body] : [200, result]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

  const engine: FakeEngine = {
    socketPath,
    containers,
    images,
    asked,
    requests,
    routes,
    upgrade: undefined,
    emit(event) {
      for (const response of listeners) response.write(`${JSON.stringify({ ...event, time: 1000, timeNano: 1_000_000_000_000 })}\n`)
    },
    async die() {
      server.closeAllConnections()
      // What has left HTTP is no longer the server's to close.
      for (const socket of upgraded) socket.destroy()
      listeners.clear()
      await new Promise((resolve) => server.close(resolve))
    },
    async comeBack() {
      server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
      server.on('upgrade', (request, socket) => {
        asked.push(`${request.method} ${request.url}`)
        socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
        upgraded.add(socket)
        engine.upgrade?.(request.url ?? '', socket)
      })
      await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    },
    async [Symbol.asyncDispose]() {
      await engine.die()
      await rm(folder, { recursive: true, force: true })
    },
  }
  await engine.comeBack()
  return engine
}

const builtIn = (containers: FakeEngine['containers'], images: FakeEngine['images'], listeners: Set<ServerResponse>): [string, Handler][] => [
  ['GET /_ping', () => 'OK'],
  ['GET /version', () => ({ Version: '1', ApiVersion: '1.51', Platform: { Name: 'Fake' } })],
  ['GET /info', () => ({ NCPU: 2, MemTotal: 1 })],
  ['GET /events', ({ query, response }) => (query.has('until') ? void response.end() : void (response.writeHead(200).flushHeaders(), listeners.add(response)))],
  ['GET /containers/json', ({ query }) => [...containers.values()].filter(({ Id }) => idsOf(query)?.includes(Id) ?? true)],
  ['GET /images/json', () => [...images.values()].map((image) => ({ ...image, Created: 1 }))],
  ['GET /images/*/json', ({ params }) => [...images.values()].find(({ Id, RepoTags }) => Id === params[0] || RepoTags?.includes(params[0]!)) ?? new Refusal(404, `No such image: ${params[0]}`)],
  ['GET /networks', () => []],
  ['GET /volumes', () => ({ Volumes: [] })],
]

const idsOf = (query: URLSearchParams): string[] | undefined => (JSON.parse(query.get('filters') ?? '{}') as { id?: string[] }).id

function find(routes: [string, Handler][], target: string): { handler: Handler; params: string[] } | undefined {
  for (const [pattern, handler] of routes) {
    const match = new RegExp(`^${pattern.replaceAll('*', '([^ ]+)')}$`).exec(target)
    if (match) return { handler, params: match.slice(1) }
  }
  return undefined
}

/** One frame of a multiplexed stream. */
export function stdcopyFrame(stream: 'stdout' | 'stderr', text: string): Buffer {
  const content = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream === 'stdout' ? 1 : 2
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, content])
}
