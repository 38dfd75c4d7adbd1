import { afterEach, beforeEach, expect, test } from 'vitest'
import { mediaTypes } from '#shared/oci/descriptor.ts'
import type { LayerRecord } from './records.ts'
import { directory } from '../../core/layers/testing/tar-builder.ts'
import { startMemoryRegistry, type MemoryRegistry } from './testing/memory-registry.ts'
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

const LARGE = 300_000

/** A pull that ends with its first layer unpacked and a part of its second received. */
async function cutPull(repository: string) {
  const image = registry.image(repository, '1', [[directory('etc'), { path: 'etc/a', content: repository }], [{ path: 'large', content: repository[0]!.repeat(LARGE) }]], { compress: (tar) => tar, layerType: mediaTypes.ociLayer })
  const cancel = new AbortController()
  registry.onBlob = (_request, response, content) => {
    if (content.length < 100_000) return false
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 200_000))
    return true
  }
  const seen = { complete: false, part: false }
  const onProgress = ({ status, current }: { status: string; current?: number }) => {
    seen.complete ||= status === 'Pull complete'
    seen.part ||= current !== undefined && current > 60_000
    if (seen.complete && seen.part) cancel.abort()
  }
  await expect(here.images.pull(image.name, { signal: cancel.signal, onProgress })).rejects.toMatchObject({ code: 'cancelled' })
  registry.onBlob = undefined
  return image
}

/** What a killed engine left: nothing in memory holds it. */
const present = async () => ({ chains: here.snapshots.listCommitted().length, blobs: await here.blobs(), parts: (await here.content.listParts()).length })

test('a start keeps what a cut pull would take up, and nothing else that no image has', async () => {
  await cutPull('cut')
  const left = await present()
  expect(left).toEqual({ chains: 1, blobs: 3, parts: 1 })
  await here.content.put(Buffer.from('the config of an image that was never recorded'))
  await (await here.content.writer({ mediaType: 'x', digest: `sha256:${'3'.repeat(64)}` as never, size: 5 }))[Symbol.asyncDispose]()
  await here.images.sweep()
  expect(await present()).toEqual(left)
})

test('whoever prunes gets the space of cut pulls too', async () => {
  await cutPull('cut')
  await here.images.prune()
  expect(await present()).toEqual({ chains: 0, blobs: 0, parts: 0 })
  await here.images.sweep()
  expect(await present()).toEqual({ chains: 0, blobs: 0, parts: 0 })
})

test('a finished pull is not kept after its image', async () => {
  const image = await cutPull('cut')
  await here.images.pull(image.name)
  await here.images.remove(image.name)
  expect(await present()).toEqual({ chains: 0, blobs: 0, parts: 0 })
})

test('the record of a layer whose snapshot was never committed goes with its blob', async () => {
  const blob = { mediaType: mediaTypes.ociLayer, digest: await here.content.put(Buffer.from('a layer')), size: 7 }
  const layers = here.metadata.collection<LayerRecord>('layers')
  const diffId = `sha256:${'4'.repeat(64)}` as never
  layers.put(diffId, { diffId, chain: diffId, size: 7, contentSize: 7, blob })
  await here.images.sweep()
  expect([layers.list(), await present()]).toEqual([[], { chains: 0, blobs: 0, parts: 0 }])
})

test.each(['blob', 'snapshot'] as const)('an image that is recorded between two steps of a prune stays whole: after the first %s', async (what) => {
  const image = await cutPull('late')
  await cutPull('other')
  let pulled: Promise<unknown> | undefined
  // By now prune has looked at everything; what the pull had received before is among what nobody has.
  const meanwhile = () => (pulled ??= here.images.pull(image.name))
  const { content, snapshots } = here
  const [remove, removeCommitted] = [content.remove, snapshots.removeCommitted]
  if (what === 'blob') content.remove = async (digest) => [await remove(digest), await meanwhile()][0] as void
  else snapshots.removeCommitted = async (chain) => [await removeCommitted(chain), await meanwhile()][0] as void
  await here.images.prune()
  await pulled
  expect(pulled).toBeDefined()
  expect(await here.files(image.name)).toEqual({ 'etc/a': 'late', large: 'l'.repeat(LARGE) })
  for (const { digest } of [image.config, image.manifest, ...image.layers]) expect(content.has(digest)).toBe(true)
})

test('what is being pulled or loaded is not taken', async () => {
  await cutPull('busy')
  using lease = here.leases.open('test')
  for (const digest of await here.content.listParts()) lease.hold(digest)
  for await (const { digest } of here.content.list()) lease.hold(digest)
  for (const { chain } of here.snapshots.listCommitted()) lease.hold(chain)
  await here.images.prune()
  expect(await present()).toEqual({ chains: 1, blobs: 3, parts: 1 })
})
