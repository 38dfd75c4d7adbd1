import { expect, onTestFinished, test } from 'vitest'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { EngineError } from '#shared/errors.ts'
import { createApiServer } from './server.ts'
import { json, type Route } from './router.ts'

const firstOf = async (body: Readable, leave: () => void) => {
  await once(body, 'data')
  leave()
  throw new EngineError('invalid-argument', 'no archive')
}

/** What was read of the body of PUT /later, once its client was gone. */
const later = Promise.withResolvers<unknown>()

const ROUTES: Route[] = [
  { method: 'PUT', path: '/later', handle: async (exchange) => {
    const body = exchange.body()
    await once(exchange.signal, 'abort')
    await new Promise(setImmediate)
    later.resolve(await text(body).catch((error: unknown) => error))
    return undefined
  } },
  { method: 'PUT', path: '/left', handle: (exchange) => { const body = exchange.body(); return firstOf(body, () => body.destroy()) } },
  { method: 'PUT', path: '/paused', handle: (exchange) => { const body = exchange.body(); return firstOf(body, () => body.pause()) } },
  { method: 'GET', path: '/_ping', handle: () => ({ status: 200, body: 'OK' }) },
  { method: 'HEAD', path: '/_ping', handle: () => ({ status: 200 }) },
  { method: 'GET', path: '/images/json', handle: () => json(['list']) },
  { method: 'GET', path: '/images/*name/json', handle: ({ params }) => json(params) },
  { method: 'GET', path: '/containers/:id/json', handle: ({ params, apiVersion, query }) => json({ ...params, apiVersion, size: query.flag('size'), filters: query.filters() }) },
  { method: 'POST', path: '/echo', handle: async (exchange) => json(await exchange.json()) },
  { method: 'POST', path: '/fails', handle: () => { throw new EngineError('conflict', 'taken', { reason: 'name-in-use', hint: 'choose another' }) } },
  { method: 'POST', path: '/same', handle: () => { throw new EngineError('not-modified', 'already') } },
  { method: 'POST', path: '/raw', handle: async (exchange) => {
    const body = await exchange.json<{ prefix?: string }>()
    const stream = exchange.hijack('application/vnd.docker.raw-stream')
    stream.write(body.prefix ?? '')
    stream.pipe(stream)
    return undefined
  } },
]

async function serve() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-api-'))
  const path = join(folder, 'docker.sock')
  const errors: string[] = []
  const server = createApiServer({ routes: ROUTES, version: '1.2.3', log: (line) => errors.push(line) })
  await server.listen(path, 0o600)
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })
  const call = async (method: string, target: string, body?: string, headers: Record<string, string> = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    request({ socketPath: path, method, path: target, headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers } }, resolve).on('error', reject).end(body)
    const response = await promise
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }
  return { path, call, errors }
}

test('answers with and without version, with the headers that clients negotiate by', async () => {
  const { call } = await serve()
  const ping = await call('GET', '/_ping')
  expect(ping).toMatchObject({ status: 200, body: 'OK', headers: { 'api-version': '1.50', ostype: 'linux', 'docker-experimental': 'false', server: 'Slipway/1.2.3 (linux)' } })
  expect(await call('HEAD', '/v1.30/_ping')).toMatchObject({ status: 200, body: '' })
  expect(JSON.parse((await call('GET', '/v1.30/containers/ab/json?size=1&filters=%7B%22label%22%3A%7B%22a%3Db%22%3Atrue%7D%7D')).body)).toEqual({ id: 'ab', apiVersion: 30, size: true, filters: { label: ['a=b'] } })
  expect(await call('GET', '/v1.99/_ping')).toMatchObject({ status: 400, body: expect.stringContaining('client version 1.99 is too new. Maximum supported API version is 1.50') })
  expect(await call('GET', '/v1.12/_ping')).toMatchObject({ status: 400, body: expect.stringContaining('client version 1.12 is too old. Minimum supported API version is 1.24') })
})

test('literal segments win over parameters; names keep their slashes', async () => {
  const { call } = await serve()
  expect((await call('GET', '/images/json')).body).toBe('["list"]\n')
  expect(JSON.parse((await call('GET', '/images/host:5000/a/b%3Atag/json')).body)).toEqual({ name: 'host:5000/a/b:tag' })
  expect(await call('GET', '/images/%ff/json')).toMatchObject({ status: 400 })
  expect(await call('GET', '/nowhere')).toMatchObject({ status: 404, body: expect.stringContaining('"message":"page not found"') })
  expect(await call('DELETE', '/images/json')).toMatchObject({ status: 404 })
})

test('errors carry their message and what our own app reads', async () => {
  const { call } = await serve()
  expect(JSON.parse((await call('POST', '/fails')).body)).toEqual({ message: 'taken', code: 'conflict', reason: 'name-in-use', hint: 'choose another' })
  expect(await call('POST', '/same')).toMatchObject({ status: 304, body: '' })
  expect(await call('GET', '/containers/x/json?filters=nonsense')).toMatchObject({ status: 400, body: expect.stringContaining('invalid filter') })
})

test('bodies: JSON objects only, bounded', async () => {
  const { call } = await serve()
  expect((await call('POST', '/echo', '{"a":1}')).body).toBe('{"a":1}\n')
  expect((await call('POST', '/echo')).body).toBe('{}\n')
  expect(await call('POST', '/echo', '[1]')).toMatchObject({ status: 400 })
  expect(await call('POST', '/echo', '{')).toMatchObject({ status: 400 })
  expect(await call('POST', '/echo', '{}', { 'Content-Type': 'text/plain' })).toMatchObject({ status: 400 })
  expect(await call('POST', '/echo', `"${'x'.repeat(9 << 20)}"`)).toMatchObject({ status: 413 })
})

test.each(['/left', '/paused'])('a client that sends all before it reads gets the answer to what was given up: %s', async (target) => {
  const { path } = await serve()
  const socket = connect(path)
  const body = Buffer.alloc(4 << 20)
  socket.write(`PUT ${target} HTTP/1.1\r\nHost: d\r\nContent-Length: ${body.length}\r\n\r\n`)
  socket.pause()
  await new Promise((resolve) => socket.write(body, resolve))
  const [answer] = (await once(socket.resume(), 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /)
  socket.write('GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n')
  expect(await text(socket)).toContain('OK')
})

test('a client that goes away before its body is read ends nothing, and the reader hears of it', async () => {
  const { path, call } = await serve()
  const socket = connect(path)
  await new Promise((resolve) => socket.write('PUT /later HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\n\r\n', resolve))
  socket.destroy()
  expect(await later.promise).toMatchObject({ code: 'cancelled' })
  expect(await call('GET', '/_ping')).toMatchObject({ status: 200 })
})

test('hijack: 101, the body first, then raw bytes both ways and a half-close', async () => {
  const { path } = await serve()
  const socket = connect({ path, allowHalfOpen: true })
  socket.write('POST /v1.41/raw HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"prefix":"p"')
  socket.write('}more')
  socket.end(' input')
  const [head, ...rest] = (await text(socket)).split('\r\n\r\n')
  expect(head).toContain('HTTP/1.1 101 UPGRADED')
  expect(head).toContain('Content-Type: application/vnd.docker.raw-stream')
  expect(rest.join()).toBe('pmore input')
})

test('hijack without an upgrade: 200 and the raw body', async () => {
  const { call } = await serve()
  expect(await call('POST', '/raw', '{"prefix":"p"}')).toMatchObject({ status: 200, headers: { 'content-type': 'application/vnd.docker.raw-stream' }, body: 'p' })
})

test('a refused upgrade is an ordinary error', async () => {
  const { call } = await serve()
  expect(await call('POST', '/fails', undefined, { Connection: 'Upgrade', Upgrade: 'tcp' })).toMatchObject({ status: 409 })
})

test.for([
  ['a form', 'POST', { Origin: 'https://evil.example', 'Content-Type': 'text/plain' }],
  ['a page of a rebound name', 'GET', { 'Sec-Fetch-Site': 'same-origin' }],
  ['a sandboxed frame', 'POST', { Origin: 'null' }],
  ['a WebSocket', 'GET', { Origin: 'https://evil.example', Connection: 'Upgrade', Upgrade: 'websocket' }],
] as const)('%s is refused before anything happens', async ([, method, headers]) => {
  const { call, errors } = await serve()
  expect(await call(method, method === 'POST' ? '/raw' : '/images/json', undefined, headers)).toMatchObject({ status: 403, body: expect.stringContaining('requests of web pages are refused') })
  expect(errors).toEqual([])
})

test.for<[title: string, bytes: string]>([
  ['a chunk longer than said', 'POST /echo HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{"a":1}\r\n0\r\n\r\n'],
  ['a size that is no number', 'POST /echo HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ['two lengths', 'POST /echo HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}'],
  ['a length and chunks', 'POST /echo HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['headers without end', `GET /_ping HTTP/1.1\r\nHost: d\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(80)}\r\n`],
  ['no HTTP', '\x16\x03\x01\x02\x00\x01'],
])('%s: 400, the connection is closed, and the next one is served', async ([, bytes]) => {
  const { path, call, errors } = await serve()
  const socket = connect(path)
  socket.on('error', () => {})
  socket.write(bytes)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /)
  expect(await call('GET', '/_ping')).toMatchObject({ status: 200 })
  expect(errors).toEqual([])
})

/** Older kernels, and whoever lowered it, keep fewer. */
const backlog = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'))

test.runIf(backlog >= 2000)('a thousand clients that come while the engine is busy wait in the kernel, and none is refused', async () => {
  const { path } = await serve()
  const refused: string[] = []
  // Nothing is taken up before this function lets go.
  const clients = Array.from({ length: 1000 }, () => connect({ path }).on('error', (error: NodeJS.ErrnoException) => refused.push(error.code ?? error.message)))
  onTestFinished(() => clients.forEach((client) => client.destroy()))
  await Promise.all(clients.map((client) => Promise.race([once(client, 'connect'), once(client, 'close')])))
  expect(refused).toEqual([])
})

test('a thousand connections that say nothing, and bodies that break off, keep nobody else waiting', async () => {
  const { path, call, errors } = await serve()
  const idle: Socket[] = []
  for (let index = 0; index < 1000; index++) {
    const socket = connect(path)
    await once(socket, 'connect')
    if (index % 10 === 0) socket.write('POST /echo HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
    idle.push(socket)
  }
  expect(await call('GET', '/_ping')).toMatchObject({ status: 200 })
  for (const socket of idle) socket.destroy()
  expect(await call('POST', '/echo', '{"a":1}')).toMatchObject({ status: 200 })
  expect(errors).toEqual([])
})
