import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { once } from 'node:events'
import { connect } from 'node:net'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ReadMessage, ReadRequest } from '#shared/contract/files.ts'
import { EngineError } from '#shared/errors.ts'
import type { Session } from '../../ipc/serve.ts'
import { startBrowserShell, type BrowserShell } from './server.ts'

const session = {
  implementation: { settings: { get: async () => ({ language: 'fr' }) } },
  streams: {},
  snapshot: () => ({ containers: [] }),
  onEvent: () => () => {},
} as unknown as Session

/** Of the engine `lab` alone, and only what is there. */
async function* readFile(connection: string, { path, as }: ReadRequest): AsyncGenerator<ReadMessage> {
  if (connection !== 'lab' || path === '/none') throw new EngineError('not-found', `${path}: no such file`)
  yield { kind: 'bytes', bytes: new TextEncoder().encode(`<script>${as} of `) }
  yield { kind: 'bytes', bytes: new TextEncoder().encode(path) }
}

let shell: BrowserShell
let folder: string
let addresses: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-shell-'))
  await mkdir(join(folder, 'page/assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'page/index.html'), '<title>page</title>')
  await writeFile(join(folder, 'page/assets/a-1234.js'), 'export {}')
  addresses = []
  shell = await startBrowserShell({ port: 0, rendererRoot: join(folder, 'page'), openSession: () => session, readFile, onAddress: (url) => addresses.push(url) })
})
afterEach(async () => {
  await shell[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}
/** As written: neither the path nor the Host is tidied up on the way. */
const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<Answer>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: shell.port, path, method, headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => (body += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on('error', reject).end()
  })
const tokenPath = (address: string | undefined) => address!.slice(address!.indexOf('/?'))
const enter = async () => (await ask(tokenPath(addresses[0]))).headers['set-cookie']![0]!.split(';')[0]!

test('a token is good for one exchange, and the cookie it gives cannot be read or sent by other sites', async () => {
  const first = await ask(tokenPath(addresses[0]))
  expect(first.status).toBe(200)
  expect(first.headers['set-cookie']![0]).toMatch(/^slipway-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  const second = await ask(tokenPath(addresses[0]))
  expect(second.status).toBe(401)
  expect(second.headers['set-cookie']).toBeUndefined()
  expect(addresses).toHaveLength(2)
  expect((await ask(tokenPath(addresses[1]))).status).toBe(200)
})

test('nothing is served without the cookie, not even the page', async () => {
  for (const path of ['/', '/index.html', '/assets/a-1234.js', '/?token=', '/?token=abc']) expect((await ask(path)).status).toBe(401)
  expect((await ask('/', { cookie: `slipway-${shell.port}=` })).status).toBe(401)
  expect((await ask('/', { cookie: 'slipway-1=x' })).status).toBe(401)
})

test('what is no URL is answered like everything else, with the cookie and without', async () => {
  const cookie = await enter()
  for (const path of ['//[', '//a:99999999/', 'http://[/', '*', '/%', '//[?token=x']) {
    expect((await ask(path)).status).toBe(401)
    expect((await ask(path, { cookie })).status).toBe(200)
  }
})

test('connections that are reset while they ask for a socket end nothing', async () => {
  const asking = `GET /bridge HTTP/1.1\r\nHost: 127.0.0.1:${shell.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
  for (let turn = 0; turn < 20; turn++) {
    const socket = connect(shell.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(asking + 'x'.repeat(100_000))
    await once(socket, 'data')
    socket.resetAndDestroy()
  }
  expect((await ask('/')).status).toBe(401)
})

test('with the cookie the page comes with its policy and is not kept', async () => {
  const cookie = await enter()
  const page = await ask('/', { cookie })
  expect(page).toMatchObject({ status: 200, body: '<title>page</title>' })
  expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
  expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(page.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  expect((await ask('/assets/a-1234.js', { cookie })).headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'max-age=31536000, immutable' })
  expect((await ask('/containers/abc', { cookie })).body).toBe('<title>page</title>')
  expect((await ask('/', { cookie }, 'POST')).status).toBe(405)
})

test.each(['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/..%5csecret.txt', '/%00.txt', '/%zz.txt', '//etc/passwd.txt'])('%s does not leave the page folder', async (path) => {
  const cookie = await enter()
  const { body } = await ask(path, { cookie })
  expect(body).not.toContain('secret')
  expect(['Not found.\n', '<title>page</title>']).toContain(body)
})

test.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1.evil.example', 'localhost:1'])('Host %s is refused, token or not', async (host) => {
  expect((await ask(tokenPath(addresses[0]), { host })).status).toBe(403)
  expect((await ask(tokenPath(addresses[0]))).status).toBe(200)
})

test('an Origin that is not ours is refused', async () => {
  const cookie = await enter()
  for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${shell.port}`]) expect((await ask('/', { cookie, origin })).status).toBe(403)
})

const open = (headers: Record<string, string>, path = '/bridge') =>
  new Promise<WebSocket | number>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${shell.port}${path}`, { headers })
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => {})
  })

test('a socket needs cookie, Origin and path', async () => {
  const cookie = await enter()
  const origin = `http://127.0.0.1:${shell.port}`
  expect(await open({ cookie })).toBe(403)
  expect(await open({ origin })).toBe(403)
  expect(await open({ cookie, origin: 'http://evil.example' })).toBe(403)
  expect(await open({ cookie, origin, host: 'evil.example' })).toBe(403)
  expect(await open({ cookie, origin }, '/other')).toBe(403)
})

test('frames go both ways; what is not JSON ends the socket', async () => {
  const cookie = await enter()
  const socket = (await open({ cookie, origin: `http://127.0.0.1:${shell.port}` })) as WebSocket
  const answer = new Promise((resolve) => socket.once('message', (bytes) => resolve(JSON.parse(String(bytes)))))
  socket.send(JSON.stringify({ kind: 'call', id: '1', path: 'settings.get' }))
  expect(await answer).toEqual({ kind: 'answer', id: '1', value: { language: 'fr' } })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.send('{')
  expect(await closed).toBe(1003)
})

test('a taken port is told as such', async () => {
  await expect(startBrowserShell({ port: shell.port, rendererRoot: folder, openSession: () => session, readFile, onAddress: () => {} })).rejects.toMatchObject({ code: 'conflict' })
})

test('a file is given to who has the cookie, to be saved and never to be shown', async () => {
  const file = (query: string, headers: Record<string, string> = {}) => ask(`/file?${query}`, { host: `127.0.0.1:${shell.port}`, ...headers })
  const whole = 'connection=lab&container=abc&path=/a/b%C3%A9.html&as=content'
  expect((await file(whole)).status).toBe(401)
  const cookie = await enter()
  const { status, headers, body } = await file(whole, { cookie })
  expect([status, body]).toEqual([200, '<script>content of /a/bé.html'])
  expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-disposition': "attachment; filename*=UTF-8''b%C3%A9.html", 'x-content-type-options': 'nosniff' })
  expect(headers['content-security-policy']).toContain('sandbox')
  expect((await file('connection=lab&volume=data&path=/sub&as=archive', { cookie })).headers['content-disposition']).toContain('sub.tar')
  expect((await file('connection=lab&container=abc&path=/none&as=content', { cookie })).status).toBe(404)
  for (const wrong of ['', 'connection=lab&container=abc&path=relative&as=content', 'connection=lab&container=../x&path=/a&as=content', 'connection=lab&container=abc&path=/a&as=page']) expect((await file(wrong, { cookie })).status, wrong).toBe(400)
  expect((await ask(`/file?${whole}`, { cookie, host: 'evil.example' })).status).toBe(403)
})
