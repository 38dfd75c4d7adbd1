import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { fetchPage } from './protocol.ts'

export interface PageServer {
  url: string
  close(): void
}

interface PageServerOptions {
  /** What the window was told to load, such as app://slipway/. */
  pageUrl: string
  /** Path of the built preload. */
  preload: string | undefined
  connect(socket: WebSocket): void
}

const own = new Map([
  ['/__stand-in/page.mjs', new URL('./page.mjs', import.meta.url)],
  ['/__stand-in/clone-wire.mjs', new URL('./clone-wire.mjs', import.meta.url)],
])

/**
 * Serves one window's page on loopback, with the headers the app's own protocol handler gives it. Only the document is changed: a
 * script that runs the preload is put before all others, where the page's policy (script-src 'self') allows it.
 */
export async function startPageServer({ pageUrl, preload, connect }: PageServerOptions): Promise<PageServer> {
  const server = createServer((request, response) => void answer(request.url ?? '/', response).catch((error: unknown) => response.writeHead(500).end(String(error))))
  new WebSocketServer({ server, path: '/__stand-in/socket' }).on('connection', connect)

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const file = own.get(path)
    if (file) return script(response, readFileSync(file, 'utf8'))
    if (path === '/__stand-in/preload.mjs') return script(response, `export default (require, module, exports) => {\n${preload ? readFileSync(preload, 'utf8') : ''}\n}\n`)
    const page = await fetchPage(new URL(path, pageUrl).href)
    const headers = Object.fromEntries(page.headers)
    const body = Buffer.from(await page.arrayBuffer())
    response.writeHead(page.status, headers).end(headers['content-type']?.startsWith('text/html') ? withPreload(body.toString()) : body)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const script = (response: ServerResponse, text: string) => void response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store' }).end(text)
const withPreload = (html: string) => html.replace(/<head[^>]*>/, '$&<script type="module" src="/__stand-in/page.mjs"></script>')
