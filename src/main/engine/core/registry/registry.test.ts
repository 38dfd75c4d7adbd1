import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import type { Digest } from '#shared/oci/digest.ts'
import { parseReference } from '#shared/oci/reference.ts'
import { digestOf } from '../content/blob-reader.ts'
import { createRegistry } from './create-registry.ts'
import { endpointsOf } from './endpoints.ts'
import { parseChallenge } from './challenge.ts'
import { parseManifest, assertIsImage } from './parse-manifest.ts'
import type { Credentials, Registry, RegistryOptions } from './registry.ts'
import { sendJson, serveLoopback, type LoopbackServer } from './testing/loopback-server.ts'

let open = new AsyncDisposableStack()
afterEach(async () => {
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

type Answer = (request: IncomingMessage, response: ServerResponse, host: string) => void
const serve = async (answer: Answer): Promise<LoopbackServer> => open.use(await serveLoopback(answer))
const registry = (options: RegistryOptions = {}): Registry => open.use(createRegistry({ retryDelay: 1, ...options }))
const repository = (name: string, auth: Credentials = {}, options?: RegistryOptions) => registry(options).repository(parseReference(name), auth)

const D = `sha256:${'a'.repeat(64)}` as Digest
const manifest = (extra: object = {}) => ({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: { mediaType: mediaTypes.ociConfig, digest: D, size: 2 }, layers: [], ...extra })
const bytes = Buffer.from(JSON.stringify(manifest()))
const sendManifest = (response: ServerResponse) => sendJson(response, 200, bytes.toString(), { 'content-type': mediaTypes.ociManifest })
const errors = (code: string, message: string) => ({ errors: [{ code, message }] })

describe('who is asked', () => {
  test('docker.io by its mirrors first, loopback in the clear, others by TLS', () => {
    const origins = (name: string, options: RegistryOptions = {}) => endpointsOf(name, options).map(({ origin, prefix }) => origin + prefix)
    expect(origins('docker.io', { mirrors: ['https://m.example/p/', 'http://10.0.0.1:5000'] })).toEqual(['https://m.example/p', 'http://10.0.0.1:5000', 'https://registry-1.docker.io'])
    expect(origins('127.0.0.1:5000')).toEqual(['http://127.0.0.1:5000', 'https://127.0.0.1:5000'])
    expect(origins('[::1]:5000')[0]).toBe('http://[::1]:5000')
    expect(origins('localhost')[0]).toBe('http://localhost')
    expect(origins('example.com')).toEqual(['https://example.com'])
    expect(origins('127.0.0.1.example.com')).toEqual(['https://127.0.0.1.example.com'])
    expect(origins('10.1.2.3:5000', { insecure: ['10.1.0.0/16'] })).toEqual(['https://10.1.2.3:5000', 'http://10.1.2.3:5000'])
    expect(() => createRegistry({ mirrors: ['ftp://x'] })).toThrow('not an http or https URL')
  })

  test('a mirror that fails is passed over, and gets no credentials', async () => {
    const broken = await serve((_, response) => sendJson(response, 404, {}))
    const good = await serve((_, response) => sendManifest(response))
    const found = await repository('busybox:latest', { username: 'me', password: 'secret' }, { mirrors: [`http://${broken.host}`, `http://${good.host}/sub`] }).manifest({ tag: 'latest' })
    expect(found.descriptor.digest).toBe(digestOf(bytes))
    expect(broken.seen).toEqual(['GET /v2/library/busybox/manifests/latest'])
    expect(good.seen).toEqual(['GET /sub/v2/library/busybox/manifests/latest'])
  })
})

describe('authorization', () => {
  test.each<[string | undefined, unknown]>([
    ['Bearer realm="https://a/t",service="s, x",scope="repository:b:pull"', { scheme: 'bearer', realm: 'https://a/t', service: 's, x', scope: 'repository:b:pull' }],
    ['Basic realm="x"', { scheme: 'basic' }],
    ['Basic realm="x", Bearer realm="https://a"', { scheme: 'bearer', realm: 'https://a', service: undefined, scope: undefined }],
    ['Negotiate', undefined],
    [undefined, undefined],
  ])('challenge %s', (header, expected) => expect(parseChallenge(header)).toEqual(expected))

  test('basic', async () => {
    const server = await serve((request, response) => (request.headers.authorization === `Basic ${btoa('me:pw')}` ? sendManifest(response) : sendJson(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' })))
    await repository(`${server.host}/x`, { username: 'me', password: 'pw' }).manifest({ tag: 'a' })
    await expect(repository(`${server.host}/x`).manifest({ tag: 'a' })).rejects.toThrow(`pull access denied for ${server.host}/x, repository does not exist or may require 'docker login'`)
  })

  test('a token is asked for once, with scope, and used for all that follows', async () => {
    const server = await serve((request, response, host) => {
      const url = new URL(request.url!, 'http://x')
      if (url.pathname === '/token') return sendJson(response, 200, { token: `T-${url.searchParams.getAll('scope').join('+')}` })
      if (request.headers.authorization !== 'Bearer T-repository:x:pull') return sendJson(response, 401, {}, { 'www-authenticate': `Bearer realm="http://${host}/token",service="svc"` })
      sendManifest(response)
    })
    const asked = repository(`${server.host}/x`, { username: 'me', password: 'pw' })
    await asked.manifest({ tag: 'a' })
    await asked.manifest({ tag: 'b' })
    expect(server.seen).toEqual(['GET /v2/x/manifests/a', `GET /token?service=svc&scope=repository%3Ax%3Apull&account=me Basic ${btoa('me:pw')}`, 'GET /v2/x/manifests/a Bearer T-repository:x:pull', 'GET /v2/x/manifests/b Bearer T-repository:x:pull'])
  })

  test('an identity token is posted; login gets one', async () => {
    let form = ''
    const server = await serve((request, response, host) => {
      if (request.method === 'POST') return void request.on('data', (chunk: Buffer) => (form += chunk.toString())).on('end', () => sendJson(response, 200, { access_token: 'A' }))
      if (request.url!.startsWith('/token')) return sendJson(response, 200, { token: 'T', refresh_token: request.url!.includes('offline_token=true') ? 'R' : undefined })
      if (!request.headers.authorization) return sendJson(response, 401, {}, { 'www-authenticate': `Bearer realm="http://${host}/token"` })
      sendManifest(response)
    })
    await repository(`${server.host}/x`, { identityToken: 'ID' }).manifest({ tag: 'a' })
    expect(Object.fromEntries(new URLSearchParams(form))).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'ID', scope: 'repository:x:pull' })
    expect(await registry().authenticate(server.host, { username: 'u', password: 'p' })).toEqual({ identityToken: 'R' })
  })

  test('an endless 401 ends', async () => {
    const server = await serve((request, response, host) => (request.url!.startsWith('/token') ? sendJson(response, 200, { token: 'T' }) : sendJson(response, 401, {}, { 'www-authenticate': `Bearer realm="http://${host}/token"` })))
    await expect(repository(`${server.host}/x`).manifest({ tag: 'a' })).rejects.toThrow('pull access denied')
    expect(server.seen.length).toBeLessThanOrEqual(4)
  })

  test('no credentials to a realm that is not secure', async () => {
    const server = await serve((_, response) => sendJson(response, 401, {}, { 'www-authenticate': 'Bearer realm="http://evil.example/token"' }))
    await expect(repository(`${server.host}/x`, { username: 'me', password: 'pw' }).manifest({ tag: 'a' })).rejects.toThrow('not secure; no credentials were sent')
  })

  test('a redirect to another host carries no credentials', async () => {
    const content = Buffer.from('layer')
    const store = await serve((_, response) => response.end(content))
    const server = await serve((request, response) =>
      request.headers.authorization ? response.writeHead(307, { location: `http://${store.host}/blob?signed=1` }).end() : sendJson(response, 401, {}, { 'www-authenticate': 'Basic realm="r"' }),
    )
    const { stream } = await repository(`${server.host}/x`, { username: 'me', password: 'pw' }).blob({ mediaType: '', digest: digestOf(content), size: content.length }, 0)
    expect((await buffer(stream)).toString()).toBe('layer')
    expect(store.seen).toEqual(['GET /blob?signed=1'])
  })

  test('redirects in a circle end; to a strange scheme they are refused', async () => {
    const server = await serve((request, response) => response.writeHead(302, { location: request.url!.includes('file') ? 'file:///etc/passwd' : request.url! }).end())
    await expect(repository(`${server.host}/x`).manifest({ tag: 'a' })).rejects.toThrow()
    await expect(repository(`${server.host}/x`).manifest({ tag: 'file' })).rejects.toThrow()
    expect(server.seen.length).toBeLessThan(20)
  })
})

describe('failures in Docker’s words', () => {
  test.each<[number, unknown, string, string]>([
    [404, errors('MANIFEST_UNKNOWN', 'manifest unknown'), 'not-found', 'manifest for HOST/x:a not found: manifest unknown: manifest unknown'],
    [404, errors('NAME_UNKNOWN', 'repository name not known to registry'), 'not-found', "pull access denied for HOST/x, repository does not exist or may require 'docker login': name unknown: repository name not known to registry"],
    [403, errors('DENIED', 'requested access to the resource is denied'), 'not-found', 'pull access denied for HOST/x'],
    [429, errors('TOOMANYREQUESTS', 'You have reached your pull rate limit'), 'resource-exhausted', 'toomanyrequests: You have reached your pull rate limit'],
    [500, 'oops', 'unavailable', 'received unexpected HTTP status: 500'],
  ])('%i %j', async (status, body, code, message) => {
    const server = await serve((_, response) => sendJson(response, status, body))
    await expect(repository(`${server.host}/x`).manifest({ tag: 'a' })).rejects.toMatchObject({ code, message: expect.stringContaining(message.replaceAll('HOST', server.host)) as string })
  })

  test('a server that is not there', async () => {
    const gone = await serveLoopback(() => {})
    await gone[Symbol.asyncDispose]()
    await expect(repository(`${gone.host}/x`).manifest({ tag: 'a' })).rejects.toMatchObject({ code: 'unavailable', message: `Get "http://${gone.host}/v2/x/manifests/a": connect: connection refused` })
  })

  test('a passing 500 and a cut connection are tried again', async () => {
    let count = 0
    const server = await serve((request, response) => (count++ === 0 ? sendJson(response, 503, {}) : count === 2 ? request.socket.destroy() : sendManifest(response)))
    await repository(`${server.host}/x`).manifest({ tag: 'a' })
    expect(count).toBe(3)
  })
})

describe('what is received is verified', () => {
  test('a pinned digest, a claimed digest', async () => {
    const server = await serve((_, response) => sendJson(response, 200, bytes.toString(), { 'content-type': mediaTypes.ociManifest, 'docker-content-digest': D }))
    await expect(repository(`${server.host}/x`).manifest({ digest: D })).rejects.toMatchObject({ code: 'data-loss' })
    await expect(repository(`${server.host}/x`).manifest({ tag: 'a' })).rejects.toMatchObject({ code: 'data-loss' })
  })

  test('an endless manifest', async () => {
    const server = await serve((_, response) => void response.write(Buffer.alloc(5 * 1024 * 1024)))
    await expect(repository(`${server.host}/x`).manifest({ tag: 'a' })).rejects.toMatchObject({ code: 'resource-exhausted' })
  })

  test('a blob of another length', async () => {
    const server = await serve((_, response) => response.writeHead(200, { 'content-length': '5' }).end('hello'))
    await expect(repository(`${server.host}/x`).blob({ mediaType: '', digest: D, size: 4 }, 0)).rejects.toMatchObject({ code: 'data-loss' })
  })

  test('a range is taken only when it is the one asked for', async () => {
    const server = await serve((request, response) => (request.url!.includes(D) ? response.writeHead(206, { 'content-range': 'bytes 2-4/5' }).end('llo') : response.writeHead(200).end('hello')))
    const asked = repository(`${server.host}/x`)
    expect((await asked.blob({ mediaType: '', digest: D, size: 5 }, 2)).offset).toBe(2)
    expect((await asked.blob({ mediaType: '', digest: `sha256:${'b'.repeat(64)}` as Digest, size: 5 }, 2)).offset).toBe(0)
  })
})

describe('manifests', () => {
  const parse = (value: unknown, type: string = mediaTypes.ociManifest) => parseManifest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), type)

  test.each<[string, unknown, string?]>([
    ['image and index at once', manifest({ manifests: [] })],
    ['index with layers', { schemaVersion: 2, manifests: [], layers: [] }, mediaTypes.ociIndex],
    ['another mediaType inside', manifest({ mediaType: mediaTypes.dockerManifest })],
    ['schema 1 fields', manifest({ fsLayers: [] })],
    ['a path as digest', manifest({ layers: [{ mediaType: '', digest: 'sha256:../../x', size: 1 }] })],
    ['another algorithm', manifest({ layers: [{ mediaType: '', digest: `md5:${'a'.repeat(32)}`, size: 1 }] })],
    ['a negative size', manifest({ layers: [{ mediaType: '', digest: D, size: -1 }] })],
    ['10,000 layers', manifest({ layers: Array.from({ length: 10_000 }, () => ({ mediaType: '', digest: D, size: 1 })) })],
    ['no layers', manifest({ layers: undefined })],
    ['not JSON', '{'],
    ['lists in lists without end', JSON.stringify(manifest({})).replace('{', `{"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)},`)],
    ['a list', '[]'],
  ])('%s is refused', (_what, value, type) => expect(() => parse(value, type)).toThrow(/manifest/))

  test('artifacts and schema 1 are told apart', () => {
    const helm = parse(manifest({ config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: D, size: 2 } }))
    expect(() => helm.kind === 'manifest' && assertIsImage(helm.manifest)).toThrow('not a container image but an artifact')
    expect(() => parse({}, 'application/vnd.docker.distribution.manifest.v1+prettyjws')).toThrow('schema 1')
  })
})

test('search of a named registry', async () => {
  const server = await serve((request, response) => sendJson(response, 200, request.url === '/v1/search?q=web&n=3' ? { results: [{ name: 'web', description: 'd', star_count: 2, is_official: true }] } : {}))
  expect(await registry().search(`${server.host}/web`, { limit: 3 })).toEqual([{ name: 'web', description: 'd', starCount: 2, isOfficial: true, isAutomated: false }])
  await expect(registry().search(`${server.host}/other`, {})).rejects.toMatchObject({ code: 'unavailable' })
})

test('a registry without a search is searched by its catalog, page by page', async () => {
  const server = await serve((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    if (url.pathname !== '/v2/_catalog') return sendJson(response, 404, {})
    if (url.searchParams.get('last') === 'team/web') return sendJson(response, 200, { repositories: ['webdav', '../web'] })
    response.setHeader('link', '</v2/_catalog?n=1000&last=team/web>; rel="next"')
    return sendJson(response, 200, { repositories: ['db', 'team/web'] })
  })
  expect((await registry().search(`${server.host}/web`, {})).map(({ name }) => name)).toEqual([`${server.host}/team/web`, `${server.host}/webdav`])
})
