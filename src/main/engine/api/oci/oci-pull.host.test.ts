import { get } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import { directory } from '../../core/layers/testing/tar-builder.ts'
import { startMemoryRegistry, type MemoryRegistry, type TestImage } from '../../services/images/testing/memory-registry.ts'
import { digestOf, startServed, type Served } from './testing/served.ts'

/** What the specification says of reading: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pull, #content-discovery */
let served: Served
let hub: MemoryRegistry
let web: TestImage
let open: AsyncDisposableStack
beforeAll(async () => {
  open = new AsyncDisposableStack()
  hub = open.use(await startMemoryRegistry())
  served = open.use(await startServed())
  web = hub.image('web', '1', [[directory('etc'), { path: 'etc/a', content: 'a' }], [{ path: 'b', content: 'bb' }]])
  await served.images.pull(web.name)
  await served.images.tag(web.name, 'team/web:1')
})
afterAll(() => open.disposeAsync())

/** A container writes something, and that becomes an image: its new layer is kept unpacked only. */
async function build(name: string, content: string) {
  const parent = await served.images.resolve(web.name)
  const target = join(served.folder, 'c')
  const key = `c-${content}`
  await served.snapshots.prepare(key, parent.chain)
  await served.snapshots.mount(key, target)
  writeFileSync(join(target, 'built'), content)
  await served.snapshots.unmount(target)
  const layer = await served.images.commitLayer(key, { parent: parent.chain })
  return await served.images.create({ config: { ...parent.config, rootfs: { type: 'layers', diff_ids: [...parent.config.rootfs.diff_ids, layer.diffId] } }, names: [name] })
}

test('the base says that it is there, with and without a slash', async () => {
  for (const path of ['/v2/', '/v2']) {
    const response = await served.call('GET', path)
    expect([response.status, response.headers.get('docker-distribution-api-version')]).toEqual([200, 'registry/2.0'])
  }
})

describe('manifests', () => {
  test('by tag and by digest, the very bytes that were pulled', async () => {
    for (const reference of ['1', web.manifest.digest]) {
      const response = await served.call('GET', `/v2/team/web/manifests/${reference}`, { headers: { Accept: mediaTypes.ociManifest } })
      const bytes = Buffer.from(await response.arrayBuffer())
      expect(response.status).toBe(200)
      expect(digestOf(bytes)).toBe(web.manifest.digest)
      expect(Object.fromEntries(response.headers)).toMatchObject({ 'content-type': mediaTypes.ociManifest, 'docker-content-digest': web.manifest.digest, 'content-length': String(web.manifest.size), etag: `"${web.manifest.digest}"` })
    }
  })

  test('HEAD says the same without the bytes', async () => {
    const response = await served.call('HEAD', '/v2/team/web/manifests/1')
    expect([response.status, response.headers.get('content-length'), response.headers.get('docker-content-digest'), await response.text()]).toEqual([200, String(web.manifest.size), web.manifest.digest, ''])
    expect((await served.call('HEAD', '/v2/team/web/manifests/none')).status).toBe(404)
  })

  test('what is not there is unknown: tag, digest, repository, and the digest of another repository', async () => {
    await served.images.tag(web.name, 'other:1')
    const alone = hub.image('alone', '1', [[{ path: 'x', content: 'x' }]])
    await served.images.pull(alone.name)
    await served.images.tag(alone.name, 'alone:1')
    for (const path of ['team/web/manifests/none', `team/web/manifests/sha256:${'0'.repeat(64)}`, 'nowhere/manifests/1', `other/manifests/${alone.manifest.digest}`]) {
      const response = await served.call('GET', `/v2/${path}`)
      expect([path, response.status, await served.errorOf(response)]).toEqual([path, 404, 'MANIFEST_UNKNOWN'])
    }
  })

  test('names outside the grammar are refused, however they are written', async () => {
    for (const name of ['Team/web', 'team//web', 'team/..', '..%2f..%2fetc', 'te%00am', `${'a'.repeat(256)}`, 'a_-b', 'f'.repeat(64)]) {
      const response = await served.call('GET', `http://127.0.0.1:${served.port}/v2/${name}/manifests/1`)
      expect([name, response.status]).toEqual([name, name === 'team/..' ? 404 : 400])
    }
  })

  test('a client that has it is told so', async () => {
    const response = await served.call('GET', '/v2/team/web/manifests/1', { headers: { 'If-None-Match': `"${web.manifest.digest}"` } })
    expect(response.status).toBe(304)
  })

  test('a type the client does not take is not given to it', async () => {
    const response = await served.call('GET', '/v2/team/web/manifests/1', { headers: { Accept: mediaTypes.dockerManifest } })
    expect([response.status, await served.errorOf(response)]).toEqual([404, 'MANIFEST_UNKNOWN'])
    for (const Accept of ['*/*', `text/html, ${mediaTypes.ociManifest};q=0.5`]) expect((await served.call('GET', '/v2/team/web/manifests/1', { headers: { Accept } })).status).toBe(200)
  })

  test('a tag of one’s own stands for this machine’s image, whatever index it came from', async () => {
    const arm = hub.image('web', 'arm', [[{ path: 'arm', content: 'arm' }]], { platform: { os: 'linux', architecture: 'arm64' } })
    hub.index('web', 'all', [{ image: web, platform: { os: 'linux', architecture: 'amd64' } }, { image: arm, platform: { os: 'linux', architecture: 'arm64' } }])
    await served.images.pull(`${hub.host}/web:all`)
    await served.images.tag(`${hub.host}/web:all`, 'many:all')
    expect((await served.call('GET', '/v2/many/manifests/all')).headers.get('docker-content-digest')).toBe(web.manifest.digest)
  })

  test('an image made here gets a manifest once, and keeps it', async () => {
    const id = await build('mine:1', 'here')
    const all = await Promise.all(Array.from({ length: 4 }, async () => Buffer.from(await (await served.call('GET', '/v2/mine/manifests/1')).arrayBuffer())))
    const manifest = JSON.parse(all[0]!.toString()) as { mediaType: string; config: { digest: string }; layers: { digest: string; size: number }[] }
    for (const one of all) expect(digestOf(one)).toBe(digestOf(all[0]!))
    expect(manifest.mediaType).toBe(mediaTypes.dockerManifest)
    expect(manifest.config.digest).toBe(id)
    expect(manifest.layers.slice(0, 2).map(({ digest }) => digest)).toEqual(web.layers.map(({ digest }) => digest))
    for (const { digest, size } of [...manifest.layers, { digest: id, size: undefined }]) {
      const blob = Buffer.from(await (await served.call('GET', `/v2/mine/blobs/${digest}`)).arrayBuffer())
      expect(digestOf(blob)).toBe(digest)
      if (size !== undefined) expect(blob.length).toBe(size)
    }
    // Another repository with the same image has the same digest.
    await served.images.tag('mine:1', 'again:2')
    expect((await served.call('HEAD', '/v2/again/manifests/2')).headers.get('docker-content-digest')).toBe(digestOf(all[0]!))
  })

  test('a client that knows OCI only gets it in OCI’s types', async () => {
    await build('theirs:1', 'there')
    const response = await served.call('GET', '/v2/theirs/manifests/1', { headers: { Accept: mediaTypes.ociManifest } })
    expect(response.headers.get('content-type')).toBe(mediaTypes.ociManifest)
    expect(((await response.json()) as { layers: { mediaType: string }[] }).layers.every(({ mediaType }) => mediaType === mediaTypes.ociLayerGzip)).toBe(true)
  })
})

describe('blobs', () => {
  test('whole, with what a cache wants to know', async () => {
    const layer = web.layers[1]!
    const response = await served.call('GET', `/v2/team/web/blobs/${layer.digest}`)
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'content-length': String(layer.size), 'docker-content-digest': layer.digest, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream', etag: `"${layer.digest}"` })
    expect(digestOf(Buffer.from(await response.arrayBuffer()))).toBe(layer.digest)
    const head = await served.call('HEAD', `/v2/team/web/blobs/${layer.digest}`)
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(layer.size), ''])
    expect((await served.call('GET', `/v2/team/web/blobs/${layer.digest}`, { headers: { 'If-None-Match': `"${layer.digest}"` } })).status).toBe(304)
  })

  test('in parts', async () => {
    const { digest, size } = web.layers[0]!
    const whole = hub.blobs.get(`web@${digest}`)!
    const part = async (Range: string) => {
      const response = await served.call('GET', `/v2/team/web/blobs/${digest}`, { headers: { Range } })
      return { status: response.status, range: response.headers.get('content-range'), bytes: Buffer.from(await response.arrayBuffer()) }
    }
    for (const [asked, from, to] of [['0-4', 0, 5], ['5-', 5, size], ['-7', size - 7, size], [`3-${size + 100}`, 3, size], [`-${size + 100}`, 0, size]] as const)
      expect([asked, await part(`bytes=${asked}`)]).toEqual([asked, { status: 206, range: `bytes ${from}-${to - 1}/${size}`, bytes: whole.subarray(from, to) }])
    expect(await part(`bytes=${size}-`)).toMatchObject({ status: 416, range: `bytes */${size}` })
    for (const asked of ['bytes=5-2', 'bytes=0-1,3-4', 'lines=1-2']) expect([asked, (await part(asked)).status]).toEqual([asked, 200])
  })

  test('one that is not there, and what is no digest', async () => {
    const absent = await served.call('GET', `/v2/team/web/blobs/sha256:${'0'.repeat(64)}`)
    expect([absent.status, await served.errorOf(absent)]).toEqual([404, 'BLOB_UNKNOWN'])
    for (const digest of ['sha256:..%2f..%2f..%2fetc%2fpasswd', `sha512:${'0'.repeat(128)}`, 'sha256:ABC', 'x']) {
      const response = await served.call('GET', `/v2/team/web/blobs/${digest}`)
      expect([digest, response.status, await served.errorOf(response)]).toEqual([digest, 400, 'DIGEST_INVALID'])
    }
  })

  test('one that was damaged on the disk does not pass for whole', async () => {
    const broken = hub.image('broken', '1', [[{ path: 'x', content: 'x' }]])
    await served.images.pull(broken.name)
    const { digest } = broken.layers[0]!
    const bytes = Buffer.from(hub.blobs.get(`broken@${digest}`)!)
    bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1
    writeFileSync(served.content.pathOf(digest), bytes)
    // All of it may have come by the time it is cut: nobody else is to come upon that connection.
    const response = await served.call('GET', `/v2/team/web/blobs/${digest}`, { headers: { connection: 'close' } })
    const received = await response.arrayBuffer().then((body) => digestOf(Buffer.from(body)), () => 'cut')
    expect(received).not.toBe(digest)
    expect(served.logged.join('\n')).not.toContain('internal')
  })
})

describe('lists', () => {
  test('tags in order, in pages, with a link to the next', async () => {
    for (const tag of ['z', 'B', 'a', '10', '9']) await served.images.tag(web.name, `team/web:${tag}`)
    const list = async (path: string) => {
      const response = await served.call('GET', path)
      return { ...((await response.json()) as { name: string; tags: string[] }), link: response.headers.get('link') }
    }
    expect(await list('/v2/team/web/tags/list')).toEqual({ name: 'team/web', tags: ['1', '10', '9', 'B', 'a', 'z'], link: null })
    const first = await list('/v2/team/web/tags/list?n=4')
    expect(first).toEqual({ name: 'team/web', tags: ['1', '10', '9', 'B'], link: '</v2/team/web/tags/list?n=4&last=B>; rel="next"' })
    expect(await list(/<(.*)>/.exec(first.link!)![1]!)).toEqual({ name: 'team/web', tags: ['a', 'z'], link: null })
    expect((await list('/v2/team/web/tags/list?n=0')).tags).toEqual([])
    expect((await list('/v2/team/web/tags/list?last=9')).tags).toEqual(['B', 'a', 'z'])
    expect((await served.call('GET', '/v2/team/web/tags/list?n=x')).status).toBe(400)
    const absent = await served.call('GET', '/v2/nowhere/tags/list')
    expect([absent.status, await served.errorOf(absent)]).toEqual([404, 'NAME_UNKNOWN'])
  })

  test('repositories are the local names; a name with a port cannot be one', async () => {
    for (const name of ['web:1', 'ghcr.io/team/web:1', 'localhost/x:1', '127.0.0.1:5000/x:1']) await served.images.tag(web.name, name)
    const catalog = async (query: string) => (await (await served.call('GET', `/v2/_catalog${query}`)).json()) as { repositories: string[] }
    const { repositories } = await catalog('')
    expect(repositories).toEqual([...new Set(repositories)].sort())
    expect(repositories).toEqual(expect.arrayContaining(['ghcr.io/team/web', 'localhost/x', 'team/web', 'web']))
    expect(repositories.filter((name) => name.includes(':') || name.includes('127.0.0.1'))).toEqual([])
    expect(await catalog('?n=1&last=localhost/x')).toEqual({ repositories: [repositories[repositories.indexOf('localhost/x') + 1]] })
    // As Docker writes the names of its hub.
    for (const name of ['web', 'library/web', 'docker.io/library/web', 'ghcr.io/team/web']) expect([name, (await served.call('HEAD', `/v2/${name}/manifests/1`)).status]).toEqual([name, 200])
  })
})

test('methods that a path does not have, paths that are none, and requests of web pages', async () => {
  const patch = await served.call('PATCH', '/v2/team/web/manifests/1')
  expect([patch.status, await served.errorOf(patch), patch.headers.get('allow')]).toEqual([405, 'UNSUPPORTED', 'GET, HEAD, PUT, DELETE'])
  expect((await served.call('GET', '/v3/')).status).toBe(404)
  expect((await served.call('GET', '/v2/team/web/')).status).toBe(404)
  for (const [name, value] of [['Origin', 'http://evil.example'], ['Sec-Fetch-Site', 'cross-site']] as const) expect((await served.call('GET', '/v2/', { headers: { [name]: value } })).status).toBe(403)
})

test('a page of a name that was made to mean this machine reads nothing', async () => {
  const statusFor = async (host: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    get({ host: '127.0.0.1', port: served.port, path: '/v2/', headers: { host } }, (response) => resolve(response.resume().statusCode)).once('error', reject)
    return await promise
  }
  for (const host of ['evil.example', `evil.example:${served.port}`, '127.0.0.1.evil.example', 'localhost.evil.example']) expect([host, await statusFor(host)]).toEqual([host, 403])
  for (const host of [`127.0.0.1:${served.port}`, 'localhost', `[::1]:${served.port}`]) expect([host, await statusFor(host)]).toEqual([host, 200])
})
