import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import { directory } from '../../core/layers/testing/tar-builder.ts'
import type { TransferProgress } from './images-service.ts'
import { sendBlob, startMemoryRegistry, type MemoryRegistry } from './testing/memory-registry.ts'
import { startTestImages, type TestImages } from './testing/test-images.ts'

let registry: MemoryRegistry
let here: TestImages
let open: AsyncDisposableStack
beforeEach(async () => {
  open = new AsyncDisposableStack()
  registry = open.use(await startMemoryRegistry())
  here = open.use(await startTestImages())
})
afterEach(() => open.disposeAsync())

const base = [directory('etc'), { path: 'etc/a', content: 'a' }]
const top = [directory('tmp', 0o1777), { path: 'b', content: 'b' }]
const statuses = (progress: TransferProgress[]) => progress.map(({ id, status }) => (id ? `${id}: ${status}` : status))

async function pullTold(name: string) {
  const progress: TransferProgress[] = []
  const result = await here.images.pull(name, { onProgress: (one) => progress.push(one) })
  return { result, told: statuses(progress) }
}

test('a pull is told in Docker’s words, and told again that nothing is new', async () => {
  const image = registry.image('web', '1', [base, top])
  const [one] = image.layers.map(({ digest }) => digest.slice(7, 19))
  const first = await pullTold(image.name)
  expect(first.told[0]).toBe('1: Pulling from web')
  expect(first.told.filter((line) => line.startsWith(one!))).toEqual([`${one}: Pulling fs layer`, `${one}: Downloading`, `${one}: Verifying Checksum`, `${one}: Download complete`, `${one}: Extracting`, `${one}: Pull complete`])
  expect(first.told.slice(-2)).toEqual([`Digest: ${image.manifest.digest}`, `Status: Downloaded newer image for ${image.name}`])
  expect(first.result).toEqual({ id: image.config.digest, digest: image.manifest.digest, newer: true })
  expect(await here.files(image.name)).toEqual({ 'etc/a': 'a', b: 'b' })

  const again = await pullTold(image.name)
  expect(again.told).toEqual(['1: Pulling from web', `Digest: ${image.manifest.digest}`, `Status: Image is up to date for ${image.name}`])
  expect(here.events.map(({ action, id, attributes }) => [action, id, attributes['name']])).toEqual(Array(2).fill(['pull', image.name, `${registry.host}/web`]))
})

test('a shared layer is neither fetched nor stored twice', async () => {
  await here.images.pull(registry.image('web', '1', [base, top]).name)
  const blobs = await here.blobs()
  const second = registry.image('web', '2', [base, [{ path: 'c', content: 'c' }]])
  registry.seen.length = 0
  await here.images.pull(second.name)
  expect(registry.seen.filter((line) => line.includes('/blobs/'))).toHaveLength(2)
  expect(await here.blobs()).toBe(blobs + 3)
  expect(here.snapshots.listCommitted()).toHaveLength(3)
})

test('plain and zstd layers, by digest, all tags', async () => {
  const plain = registry.image('forms', 'plain', [base], { compress: (tar) => tar, layerType: mediaTypes.ociLayer })
  const zstd = registry.image('forms', 'zstd', [top], { compress: (tar) => zstdCompressSync(tar), layerType: mediaTypes.ociLayerZstd })
  await here.images.pull(`${registry.host}/forms`, { allTags: true })
  expect((await here.images.list()).flatMap(({ tags }) => tags).sort()).toEqual([plain.name, zstd.name])
  await here.images.remove(zstd.name)
  const pinned = `${registry.host}/forms@${zstd.manifest.digest}`
  await here.images.pull(pinned)
  expect((await here.images.inspect(pinned)).digests).toEqual([pinned])
  expect(await here.files(pinned)).toEqual({ b: 'b' })
})

test('of an index, what this machine runs, or what was asked for', async () => {
  const platforms = [{ os: 'linux', architecture: 'arm64', variant: 'v8' }, { os: 'linux', architecture: 'amd64' }, { os: 'unknown', architecture: 'unknown' }]
  const images = platforms.map((platform) => ({ platform, image: registry.image('multi', platform.architecture, [[{ path: platform.architecture }]], { platform }) }))
  const digest = registry.index('multi', 'latest', images)
  const name = `${registry.host}/multi`
  await here.images.pull(name)
  expect(Object.keys(await here.files(name))).toEqual(['amd64'])
  expect((await here.images.inspect(name)).digests).toEqual([`${name}@${digest}`])
  await here.images.pull(name, { platform: { os: 'linux', architecture: 'arm64' } })
  expect(Object.keys(await here.files(name))).toEqual(['arm64'])
  // The index is kept, and knows which of its images are here.
  expect((await here.images.manifests(name)).map(({ descriptor, kind, image, contentSize }) => [descriptor.platform?.architecture, kind, image !== undefined, contentSize > 0])).toEqual([
    ['arm64', 'image', true, true],
    ['amd64', 'image', true, true],
    ['unknown', 'unknown', false, false],
  ])
  await expect(here.images.push(name, { platform: { os: 'linux', architecture: 'amd64' } })).rejects.toThrow('does not match the specified platform: wanted linux/amd64')
  await expect(here.images.pull(name, { platform: { os: 'linux', architecture: 's390x' } })).rejects.toThrow('no matching manifest for linux/s390x in the manifest list entries')
  await expect(here.images.resolve(name, { os: 'linux', architecture: 'amd64' })).rejects.toMatchObject({ code: 'not-found' })
})

describe('trouble on the way', () => {
  const large = [{ path: 'large', content: Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7919) % 251)) }]

  test('a connection cut again and again is taken up where it ended', async () => {
    const image = registry.image('cut', '1', [large], { compress: (tar) => tar, layerType: mediaTypes.ociLayer })
    const ranges: (string | undefined)[] = []
    registry.onBlob = (request, response, content) => {
      if (content.length < 100_000) return false
      ranges.push(request.headers.range)
      const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0])
      if (from > 300_000) return false
      response.writeHead(from ? 206 : 200, { 'content-length': content.length - from, ...(from && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }) })
      response.write(content.subarray(from, from + 65_536), () => setImmediate(() => request.socket.destroy()))
      return true
    }
    await here.images.pull(image.name)
    expect(ranges.length).toBeGreaterThan(3)
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)
  })

  test('a registry that cannot resume starts over; one that never gets anywhere is given up', async () => {
    const image = registry.image('nores', '1', [large], { compress: (tar) => tar, layerType: mediaTypes.ociLayer })
    let count = 0
    registry.onBlob = (request, response, content) => {
      if (content.length < 100_000) return false
      if (count++ > 0) response.writeHead(200, { 'content-length': content.length }).end(content)
      else response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 1000), () => setImmediate(() => request.socket.destroy()))
      return true
    }
    await here.images.pull(image.name)
    expect(count).toBe(2)

    const never = registry.image('never', '1', [[{ path: 'x', content: 'never' }]])
    registry.onBlob = (request) => (request.socket.destroy(), true)
    await expect(here.images.pull(never.name)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(here.images.resolve(never.name)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('a cancelled pull leaves no half image, and the next one takes up what came', async () => {
    const image = registry.image('cancel', '1', [base, large], { compress: (tar) => tar, layerType: mediaTypes.ociLayer })
    const cancel = new AbortController()
    registry.onBlob = (_request, response, content) => {
      if (content.length < 100_000) return false
      response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 200_000))
      return true
    }
    const pull = here.images.pull(image.name, { signal: cancel.signal, onProgress: ({ current }) => current !== undefined && current > 60_000 && cancel.abort() })
    await expect(pull).rejects.toMatchObject({ code: 'cancelled' })
    expect(await here.images.list({ all: true })).toEqual([])
    const ranges: string[] = []
    registry.onBlob = (request) => (request.headers.range && ranges.push(request.headers.range), false)
    await here.images.pull(image.name)
    expect(ranges).toHaveLength(1)
    expect(Object.keys(await here.files(image.name))).toEqual(['etc/a', 'large'])
  })

  test('two pulls of the same at once share the work; when one leaves, the other goes on', async () => {
    const image = registry.image('twice', '1', [base, large], { compress: (tar) => tar, layerType: mediaTypes.ociLayer })
    const cancel = new AbortController()
    let reached: () => void = () => {}
    const downloading = new Promise<void>((resolve) => (reached = resolve))
    let proceed = () => {}
    registry.onBlob = (request, response, content) => {
      if (content.length < 100_000) return false
      proceed = () => sendBlob(request, response, content)
      reached()
      return true
    }
    const leaving = here.images.pull(image.name, { signal: cancel.signal })
    await downloading
    const staying = here.images.pull(image.name)
    const joined = new Promise<void>((resolve) => void here.images.pull(image.name, { onProgress: ({ status }) => status === 'Pulling fs layer' && resolve() }))
    await joined
    cancel.abort()
    await expect(leaving).rejects.toMatchObject({ code: 'cancelled' })
    proceed()
    await staying
    expect(registry.seen.filter((line) => line === `GET /v2/twice/blobs/${image.layers[1]!.digest}`)).toHaveLength(1)
  })

  test('what a disk has damaged of an image that is here comes with the next pull, and nothing else does', async () => {
    const image = registry.image('mended', '1', [base, top])
    await here.images.pull(image.name)
    const [lost, kept] = image.layers
    await here.content.remove(lost!.digest)
    for (const { digest } of [image.config, image.manifest]) writeFileSync(here.content.pathOf(digest), 'damaged')
    registry.seen.length = 0
    await here.images.pull(image.name)
    for (const { digest } of [image.config, image.manifest, lost!]) await expect(here.content.read({ digest })).resolves.toBeDefined()
    expect(registry.seen.filter((line) => line.includes('/blobs/')).toSorted()).toEqual([image.config, lost!].map(({ digest }) => `GET /v2/mended/blobs/${digest}`).toSorted())
    expect(registry.seen.join()).not.toContain(kept!.digest)
    expect(await here.files(image.name)).toEqual({ 'etc/a': 'a', b: 'b' })
  })

  test('what a power cut tore, a layer that was there or a part of one, is fetched again by the next pull', async () => {
    const image = registry.image('torn', '1', [base, top])
    const [whole, part] = image.layers
    registry.onBlob = (request, response, content) => (request.url!.includes(part!.digest) && !request.headers.range ? (response.writeHead(200, { 'Content-Length': content.length }), response.write(content.subarray(0, 20)), true) : false)
    const stop = new AbortController()
    const cut = here.images.pull(image.name, { signal: stop.signal })
    await expect.poll(() => here.content.has(whole!.digest) && here.snapshots.listCommitted().length === 1 && registry.seen.some((line) => line.includes(part!.digest))).toBe(true)
    stop.abort()
    await expect(cut).rejects.toMatchObject({ code: 'cancelled' })
    registry.onBlob = undefined
    await here.snapshots.removeCommitted(here.snapshots.listCommitted()[0]!.chain)
    const torn = join(here.folder, 'content/ingest', part!.digest.slice(7))
    for (const path of [here.content.pathOf(whole!.digest), torn]) writeFileSync(path, Buffer.alloc(20))
    await here.images.pull(image.name)
    expect(await here.files(image.name)).toEqual({ 'etc/a': 'a', b: 'b' })
    for (const { digest } of image.layers) await expect(here.content.read({ digest })).resolves.toBeDefined()
  })

  test('wrong bytes, a wrong diff ID and a broken layer leave nothing', async () => {
    const wrong = registry.image('wrong', '1', [[{ path: 'x', content: 'right' }]])
    registry.onBlob = (_request, response, content) => (content.equals(registry.blobs.get(`wrong@${wrong.layers[0]!.digest}`)!) ? (response.end(Buffer.alloc(content.length, 1)), true) : false)
    await expect(here.images.pull(wrong.name)).rejects.toMatchObject({ code: 'data-loss' })
    registry.onBlob = undefined
    const lying = registry.image('lying', '1', [base, top], { diffIds: [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`] })
    await expect(here.images.pull(lying.name)).rejects.toMatchObject({ reason: 'wrong-diff-id' })
    const broken = registry.image('broken', '1', [base], { compress: (tar) => tar.subarray(0, 600) })
    await expect(here.images.pull(broken.name)).rejects.toMatchObject({ code: 'data-loss' })
    await expect(here.images.pull(registry.image('short', '1', [base, top], { diffIds: [`sha256:${'1'.repeat(64)}`] }).name)).rejects.toThrow('1 diff IDs for 2 layers')
    expect([await here.images.list({ all: true }), here.snapshots.listCommitted()]).toEqual([[], []])
    const { reclaimed } = await here.images.prune({ dangling: ['false'] })
    expect([reclaimed, await here.blobs()]).toEqual([0, 0])
  })
})
