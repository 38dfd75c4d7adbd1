import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe as group, expect, test, vi } from 'vitest'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import { link } from '../../core/layers/testing/tar-builder.ts'
import { describe, digestOf, localImage, startServed, type Served } from './testing/served.ts'

/** What the specification says of writing: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#push, #content-management, #listing-referrers */
let served: Served
beforeAll(async () => {
  served = await startServed()
})
afterAll(() => served[Symbol.asyncDispose]())
afterEach(() => void (served.events.length = 0))

let counter = 0
/** Bytes that nothing else has. */
const fresh = (size = 1000) => Buffer.alloc(size, `blob ${counter++} `)
const freshImage = (options: Parameters<typeof localImage>[1] = {}) => localImage([[{ path: 'base', content: 'the same' }], [{ path: 'file', content: `content ${counter++}` }]], options)
const start = async (repository = 'up') => (await served.call('POST', `/v2/${repository}/blobs/uploads/`)).headers.get('location')!
const ingests = () => readdirSync(join(served.folder, 'content', 'ingest'))
const chunk = (location: string, body: Buffer, range?: string) => served.call('PATCH', location, { headers: { 'Content-Type': 'application/octet-stream', ...(range && { 'Content-Range': range }) }, body })

group('blobs', () => {
  test('in one request', async () => {
    const blob = fresh()
    const response = await served.call('POST', `/v2/up/blobs/uploads/?digest=${digestOf(blob)}`, { body: blob })
    expect([response.status, response.headers.get('location'), response.headers.get('docker-content-digest')]).toEqual([201, `/v2/up/blobs/${digestOf(blob)}`, digestOf(blob)])
    expect(Buffer.from(await (await served.call('GET', response.headers.get('location')!)).arrayBuffer())).toEqual(blob)
  })

  test('POST, then PUT with all of it', async () => {
    const blob = fresh()
    const started = await served.call('POST', '/v2/up/blobs/uploads/')
    expect([started.status, started.headers.get('range')]).toEqual([202, '0-0'])
    expect((await served.call('PUT', `${started.headers.get('location')}?digest=${digestOf(blob)}`, { body: blob })).status).toBe(201)
    expect((await served.call('HEAD', `/v2/up/blobs/${digestOf(blob)}`)).headers.get('content-length')).toBe('1000')
  })

  test('in chunks, each where the last ended; out of order is told where it is', async () => {
    const blob = fresh()
    const location = await start()
    expect([(await chunk(location, blob.subarray(0, 400), '0-399')).headers.get('range'), (await served.call('GET', location)).headers.get('range')]).toEqual(['0-399', '0-399'])
    for (const range of ['600-999', '399-798', '0-399', 'x-y', '400']) {
      const refused = await chunk(location, blob.subarray(400, 800), range)
      expect([range, refused.status, refused.headers.get('range'), refused.headers.get('location')]).toEqual([range, 416, '0-399', location])
    }
    const wrong = await chunk(location, blob.subarray(400, 800), '400-999')
    expect([wrong.status, await served.errorOf(wrong)]).toEqual([400, 'SIZE_INVALID'])
    expect((await chunk(location, blob.subarray(400, 800), '400-799')).status).toBe(202)
    const done = await served.call('PUT', `${location}?digest=${digestOf(blob)}`, { headers: { 'Content-Range': '800-999' }, body: blob.subarray(800) })
    expect(done.status).toBe(201)
    expect((await served.call('GET', location)).status).toBe(404)
  })

  test('streamed without a range, and ended by an empty PUT', async () => {
    const blob = fresh(300_000)
    const location = await start()
    expect((await chunk(location, blob)).status).toBe(202)
    expect((await served.call('PUT', `${location}?digest=${digestOf(blob)}`)).status).toBe(201)
  })

  test('cut in the middle, it is gone on with where the bytes end', async () => {
    const blob = fresh(200_000)
    const before = ingests().length
    const location = await start()
    const cut = request({ host: '127.0.0.1', port: served.port, path: location, method: 'PATCH', headers: { 'Content-Length': blob.length } })
    const over = once(cut, 'error')
    cut.write(blob.subarray(0, 100_000))
    // From here on it is that request's turn: whoever asks waits until it is over.
    await vi.waitFor(() => expect(ingests().length).toBe(before + 1), { timeout: 20_000 })
    cut.destroy(new Error('cut'))
    await over
    const size = Number((await served.call('GET', location)).headers.get('range')!.slice(2)) + 1
    expect(size).toBeLessThanOrEqual(100_000)
    expect(served.content.has(digestOf(blob) as never)).toBe(false)
    const from = size === 1 ? 0 : size
    expect((await chunk(location, blob.subarray(from), `${from}-${blob.length - 1}`)).status).toBe(202)
    expect((await served.call('PUT', `${location}?digest=${digestOf(blob)}`)).status).toBe(201)
  })

  test('cancelled, nothing of it is left', async () => {
    const before = ingests()
    const location = await start()
    await chunk(location, fresh())
    expect(ingests().length).toBe(before.length + 1)
    expect((await served.call('DELETE', location)).status).toBe(204)
    expect(ingests()).toEqual(before)
    const gone = await served.call('PATCH', location, { body: fresh() })
    expect([gone.status, await served.errorOf(gone)]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
  })

  test('another digest than its own: refused, and the upload is gone', async () => {
    const before = { blobs: await served.blobs(), ingests: ingests() }
    const [blob, claimed] = [fresh(), digestOf('another')]
    for (const way of ['put', 'post'] as const) {
      const response = way === 'put' ? await served.call('PUT', `${await start()}?digest=${claimed}`, { body: blob }) : await served.call('POST', `/v2/up/blobs/uploads/?digest=${claimed}`, { body: blob })
      expect([response.status, await served.errorOf(response)]).toEqual([400, 'DIGEST_INVALID'])
    }
    for (const digest of ['sha256:../../../../etc/passwd', '', 'md5:00']) expect((await served.call('POST', `/v2/up/blobs/uploads/?digest=${encodeURIComponent(digest)}`, { body: blob })).status).toBe(400)
    expect({ blobs: await served.blobs(), ingests: ingests() }).toEqual(before)
    expect(served.leases.isHeld(claimed)).toBe(false)
  })

  test('an upload belongs to its repository, and its name is nothing but a name', async () => {
    const location = await start('up')
    expect((await served.call('GET', location.replace('/v2/up/', '/v2/down/'))).status).toBe(404)
    for (const id of ['..%2f..%2fescape', 'x'.repeat(3000), '~']) expect((await served.call('PATCH', `/v2/up/blobs/uploads/${id}`, { body: fresh() })).status).toBe(404)
    await served.call('DELETE', location)
  })

  test('mounted from another repository; what is not there is uploaded as usual', async () => {
    const blob = fresh()
    await served.pushBlob('one', blob)
    const mounted = await served.call('POST', `/v2/two/blobs/uploads/?mount=${digestOf(blob)}&from=one`)
    expect([mounted.status, mounted.headers.get('location')]).toEqual([201, `/v2/two/blobs/${digestOf(blob)}`])
    for (const digest of [digestOf('nothing'), '../x']) {
      const absent = await served.call('POST', `/v2/two/blobs/uploads/?mount=${digest}&from=one`)
      expect([absent.status, absent.headers.get('location')]).toEqual([202, expect.stringMatching(/^\/v2\/two\/blobs\/uploads\/./)])
      await served.call('DELETE', absent.headers.get('location')!)
    }
  })

  test('one that no manifest names survives a prune, and can be deleted; one of an image cannot', async () => {
    const blob = fresh()
    await served.pushBlob('up', blob)
    await served.images.prune()
    expect((await served.call('HEAD', `/v2/up/blobs/${digestOf(blob)}`)).status).toBe(200)
    expect([(await served.call('DELETE', `/v2/up/blobs/${digestOf(blob)}`)).status, (await served.call('GET', `/v2/up/blobs/${digestOf(blob)}`)).status, (await served.call('DELETE', `/v2/up/blobs/${digestOf(blob)}`)).status]).toEqual([202, 404, 404])
    const image = freshImage()
    await served.push('up', 'inuse', image)
    const refused = await served.call('DELETE', `/v2/up/blobs/${digestOf(image.layers[0]!)}`)
    expect([refused.status, await served.errorOf(refused)]).toEqual([405, 'UNSUPPORTED'])
  })
})

group('images', () => {
  test('a pushed image is one of the engine’s, as if loaded, and is given back as it came', async () => {
    const image = freshImage()
    const response = await served.push('team/app', '1.0', image)
    expect([response.status, response.headers.get('location'), response.headers.get('docker-content-digest'), response.headers.get('warning')]).toEqual([201, `/v2/team/app/manifests/${image.digest}`, image.digest, null])
    expect(await served.images.inspect('team/app:1.0')).toMatchObject({ id: image.id, tags: ['team/app:1.0'], digests: [`team/app@${image.digest}`] })
    expect(Object.keys(await served.files('team/app:1.0'))).toEqual(['base', 'file'])
    expect(served.events.map(({ type, action, attributes }) => [type, action, attributes['name']])).toEqual([['image', 'load', 'team/app:1.0']])
    for (const reference of ['1.0', image.digest]) expect(Buffer.from(await (await served.call('GET', `/v2/team/app/manifests/${reference}`)).arrayBuffer())).toEqual(image.manifest)
  })

  test('the same layer packed in two ways: each image is given back with its own', async () => {
    const { gzipSync } = await import('node:zlib')
    const [fast, small] = [1, 9].map((level) => localImage([[{ path: 'twice', content: 'again and again '.repeat(500) }]], { pack: (tar) => gzipSync(tar, { level }) }))
    await served.push('twice', 'fast', fast!)
    await served.push('twice', 'small', small!)
    expect(fast!.digest).not.toBe(small!.digest)
    expect(fast!.id).toBe(small!.id)
    await served.images.prune()
    for (const [tag, image] of [['fast', fast!], ['small', small!]] as const) {
      expect((await served.call('GET', `/v2/twice/manifests/${tag}`)).headers.get('docker-content-digest')).toBe(image.digest)
      expect(digestOf(Buffer.from(await (await served.call('GET', `/v2/twice/blobs/${digestOf(image.layers[0]!)}`)).arrayBuffer()))).toBe(digestOf(image.layers[0]!))
    }
  })

  test('a tag that is pushed again moves; the image it stood for stays by its digest', async () => {
    const [first, second] = [freshImage(), freshImage()]
    await served.push('moving', 'x', first)
    await served.push('moving', 'x', second)
    expect((await served.call('HEAD', '/v2/moving/manifests/x')).headers.get('docker-content-digest')).toBe(second.digest)
    expect((await served.call('HEAD', `/v2/moving/manifests/${first.digest}`)).status).toBe(200)
    expect((await served.images.resolve('moving:x')).id).toBe(second.id)
  })

  test('by digest it has no tag; the digest has to be its own', async () => {
    const image = freshImage()
    expect((await served.push('bare', image.digest, image)).status).toBe(201)
    expect(((await (await served.call('GET', '/v2/bare/tags/list')).json()) as { tags: string[] }).tags).toEqual([])
    const other = await served.putManifest('bare', digestOf('other'), image.manifest)
    expect([other.status, await served.errorOf(other)]).toEqual([400, 'DIGEST_INVALID'])
  })

  test('a part that is not here is named, and nothing is kept', async () => {
    const image = freshImage()
    const before = await served.blobs()
    const response = await served.putManifest('missing', '1', image.manifest)
    expect(response.status).toBe(400)
    const { errors } = (await response.json()) as { errors: { code: string; detail: { digest: string } }[] }
    expect(errors.map(({ code, detail }) => [code, detail.digest])).toEqual([image.config, ...image.layers].map((blob) => ['MANIFEST_BLOB_UNKNOWN', digestOf(blob)]).filter(([, digest]) => !served.content.has(digest as never)))
    expect(await served.blobs()).toBe(before)
    expect((await served.call('GET', '/v2/missing/tags/list')).status).toBe(404)
  })

  test('layers that are not what the config says, or reach outside: refused, and no image is there', async () => {
    const lying = freshImage({ diffIds: [digestOf('a'), digestOf('b')] })
    const climbing = localImage([[link('up', '/tmp'), { path: `../../escape-${counter}`, content: 'x' }]])
    for (const [name, image] of [['lying', lying], ['climbing', climbing]] as const) {
      const response = await served.push(name, '1', image)
      expect([name, response.status]).toEqual([name, 400])
      expect(await served.images.find(`${name}:1`)).toBe(undefined)
      expect((await served.call('GET', `/v2/${name}/manifests/1`)).status).toBe(404)
    }
  })

  test('what is no manifest: too large, not JSON, both an image and an index, of another type', async () => {
    const image = freshImage()
    for (const blob of [image.config, ...image.layers]) await served.pushBlob('odd', blob)
    const both = JSON.stringify({ ...(JSON.parse(image.manifest.toString()) as object), manifests: [] })
    for (const [content, type, status, code] of [
      [`{"x":"${'y'.repeat(4 << 20)}"}`, mediaTypes.ociManifest, 413, 'SIZE_INVALID'],
      ['{', mediaTypes.ociManifest, 400, 'MANIFEST_INVALID'],
      [both, mediaTypes.ociManifest, 400, 'MANIFEST_INVALID'],
      [image.manifest.toString(), mediaTypes.ociIndex, 400, 'MANIFEST_INVALID'],
      ['{}', 'text/plain', 400, 'MANIFEST_INVALID'],
    ] as const) {
      const response = await served.putManifest('odd', '1', content, type)
      expect([type, response.status, await served.errorOf(response)]).toEqual([type, status, code])
    }
    expect((await served.putManifest('odd', '-x', image.manifest)).status).toBe(400)
    expect((await served.call('GET', '/v2/odd/tags/list')).status).toBe(404)
  })

  test('an index gives its name to this machine’s image, and is served whole; who takes no index gets that image', async () => {
    const [amd, arm] = [freshImage(), freshImage({ architecture: 'arm64' })]
    for (const image of [amd, arm]) await served.push('multi', image.digest, image)
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [arm, amd].map((image) => ({ ...describe(mediaTypes.ociManifest, image.manifest), platform: { os: 'linux', architecture: image === arm ? 'arm64' : 'amd64' } })) }))
    expect((await served.putManifest('multi', 'all', index, mediaTypes.ociIndex)).status).toBe(201)
    expect((await served.images.resolve('multi:all')).id).toBe(amd.id)
    expect(served.events.at(-1)).toMatchObject({ action: 'load', id: amd.id })
    expect((await served.call('GET', '/v2/multi/manifests/all')).headers.get('docker-content-digest')).toBe(digestOf(index))
    expect((await served.call('GET', '/v2/multi/manifests/all', { headers: { Accept: mediaTypes.ociManifest } })).headers.get('docker-content-digest')).toBe(amd.digest)
    expect((await served.call('GET', `/v2/multi/manifests/${arm.digest}`)).status).toBe(200)
    const elsewhere = await served.putManifest('other-multi', 'all', index, mediaTypes.ociIndex)
    expect([elsewhere.status, await served.errorOf(elsewhere)]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
  })

  test('of another system it is served, told so, and no image of the engine', async () => {
    const windows = freshImage({ os: 'windows' })
    const response = await served.push('win', '1', windows)
    expect([response.status, response.headers.get('warning')]).toEqual([201, '299 - "not an image of this engine: it is for windows"'])
    expect(await served.images.find('win:1')).toBe(undefined)
    expect((await served.call('GET', '/v2/win/manifests/1')).headers.get('docker-content-digest')).toBe(windows.digest)
    await served.images.prune()
    expect((await served.call('GET', `/v2/win/blobs/${digestOf(windows.layers[1]!)}`)).status).toBe(200)
  })

  test('deleting a tag, a digest, and what is not there', async () => {
    const [one, two] = [freshImage(), freshImage()]
    await served.push('del', '1', one)
    await served.push('del', '2', two)
    expect((await served.call('DELETE', '/v2/del/manifests/1')).status).toBe(202)
    expect((await served.call('GET', '/v2/del/manifests/1')).status).toBe(404)
    expect(await served.images.find('del:1')).toBe(undefined)
    expect((await served.call('DELETE', `/v2/del/manifests/${two.digest}`)).status).toBe(202)
    for (const reference of ['2', two.digest]) expect((await served.call('GET', `/v2/del/manifests/${reference}`)).status).toBe(404)
    const again = await served.call('DELETE', `/v2/del/manifests/${two.digest}`)
    expect([again.status, await served.errorOf(again)]).toEqual([404, 'MANIFEST_UNKNOWN'])
    expect(served.content.has(digestOf(two.layers[1]!) as never)).toBe(false)
  })

  test('an image that a container uses stays', async () => {
    const image = freshImage()
    await served.push('used', '1', image)
    served.uses.set(image.id, [{ id: 'c'.repeat(64), running: true }])
    for (const reference of ['1', image.digest]) {
      const response = await served.call('DELETE', `/v2/used/manifests/${reference}`)
      expect([reference, response.status, await served.errorOf(response)]).toEqual([reference, 409, 'DENIED'])
    }
    expect((await served.images.resolve('used:1')).id).toBe(image.id)
    served.uses.delete(image.id)
  })
})

group('artifacts', () => {
  const artifact = (subject: { manifest: Buffer } | undefined, artifactType: string, annotations?: Record<string, string>) => {
    const config = Buffer.from('{}')
    return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, config: describe('application/vnd.oci.empty.v1+json', config), layers: [describe('application/octet-stream', config)], ...(subject && { subject: describe(mediaTypes.ociManifest, subject.manifest) }), ...(annotations && { annotations }) }))
  }
  const referrers = async (digest: string, query = '') => {
    const response = await served.call('GET', `/v2/signed/referrers/${digest}${query}`)
    return { filters: response.headers.get('oci-filters-applied'), type: response.headers.get('content-type'), ...((await response.json()) as { schemaVersion: number; mediaType: string; manifests: { digest: string; artifactType: string; annotations?: object }[] }) }
  }

  test('what refers to an image is listed, by kind too, and is no image itself', async () => {
    const image = freshImage()
    await served.push('signed', '1', image)
    await served.pushBlob('signed', Buffer.from('{}'))
    const [signature, bill] = [artifact(image, 'application/x-signature', { by: 'me' }), artifact(image, 'application/x-bill')]
    for (const one of [signature, bill]) {
      const response = await served.putManifest('signed', digestOf(one), one)
      expect([response.status, response.headers.get('oci-subject'), response.headers.get('warning')]).toEqual([201, image.digest, null])
    }
    const all = await referrers(image.digest)
    expect(all).toMatchObject({ filters: null, type: mediaTypes.ociIndex, schemaVersion: 2, mediaType: mediaTypes.ociIndex })
    expect(all.manifests).toEqual(expect.arrayContaining([{ ...describe(mediaTypes.ociManifest, signature), artifactType: 'application/x-signature', annotations: { by: 'me' } }, { ...describe(mediaTypes.ociManifest, bill), artifactType: 'application/x-bill' }]))
    expect(await referrers(image.digest, '?artifactType=application%2Fx-bill')).toMatchObject({ filters: 'artifactType', manifests: [{ digest: digestOf(bill) }] })
    expect((await referrers(digestOf('nobody'))).manifests).toEqual([])
    expect((await served.call('GET', '/v2/signed/referrers/nothing')).status).toBe(400)
    expect((await served.images.list()).flatMap(({ digests }) => digests).filter((name) => name.startsWith('signed@'))).toEqual([`signed@${image.digest}`])
    expect((await served.call('DELETE', `/v2/signed/manifests/${digestOf(bill)}`)).status).toBe(202)
    expect((await referrers(image.digest)).manifests.map(({ digest }) => digest)).toEqual([digestOf(signature)])
  })

  test('an image may be about another image', async () => {
    const image = freshImage()
    await served.push('signed', '2', image)
    const about = freshImage({ subject: describe(mediaTypes.ociManifest, image.manifest) })
    expect((await served.push('signed', 'about', about)).headers.get('oci-subject')).toBe(image.digest)
    expect((await referrers(image.digest)).manifests).toMatchObject([{ digest: about.digest, artifactType: mediaTypes.ociConfig }])
    expect((await served.images.resolve('signed:about')).id).toBe(about.id)
  })

  test('tags of artifacts are tags, move to images and back, and go when deleted', async () => {
    await served.pushBlob('charts', Buffer.from('{}'))
    const chart = artifact(undefined, 'application/x-chart')
    expect((await served.putManifest('charts', 'v1', chart)).status).toBe(201)
    const tags = async () => ((await (await served.call('GET', '/v2/charts/tags/list')).json()) as { tags: string[] }).tags
    expect(await tags()).toEqual(['v1'])
    const image = freshImage()
    await served.push('charts', 'v1', image)
    expect([await tags(), (await served.call('HEAD', '/v2/charts/manifests/v1')).headers.get('docker-content-digest')]).toEqual([['v1'], image.digest])
    await served.putManifest('charts', 'v1', chart)
    expect([await tags(), (await served.call('HEAD', '/v2/charts/manifests/v1')).headers.get('docker-content-digest')]).toEqual([['v1'], digestOf(chart)])
    expect(await served.images.find('charts:v1')).toBe(undefined)
    expect((await served.call('DELETE', '/v2/charts/manifests/v1')).status).toBe(202)
    expect(await tags()).toEqual([])
    expect((await served.call('HEAD', `/v2/charts/manifests/${digestOf(chart)}`)).status).toBe(200)
  })
})
