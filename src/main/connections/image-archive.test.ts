import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { pack, type Pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { layersOfArchive } from './image-archive.ts'
import { withLayers } from './image-history.ts'

async function tar(fill: (archive: Pack) => void): Promise<Buffer> {
  const archive = pack()
  fill(archive)
  archive.finalize()
  return buffer(Readable.from(archive as AsyncIterable<Buffer>))
}

test('layers in any packing, in the order the manifest says, wherever it stands', async () => {
  const base = await tar((archive) => {
    archive.entry({ name: './etc', type: 'directory' })
    archive.entry({ name: './etc/a', mode: 0o600 }, 'hello')
    archive.entry({ name: 'etc/b', type: 'link', linkname: 'etc/a' })
  })
  const upper = await tar((archive) => {
    archive.entry({ name: 'etc/.wh.a' }, '')
    archive.entry({ name: 'etc/way', type: 'symlink', linkname: 'b' })
    archive.entry({ name: 'srv/.wh..wh..opq' }, '')
  })
  const [gzip, zstd] = [gzipSync(base), zstdCompressSync(upper)]
  const blob = (digit: string) => `blobs/sha256/${digit.repeat(64)}`
  const archive = await tar((whole) => {
    whole.entry({ name: blob('2') }, zstd)
    whole.entry({ name: blob('1') }, gzip)
    whole.entry({ name: blob('3') }, JSON.stringify({ config: 'x'.repeat(2000) }))
    whole.entry({ name: 'old/layer.tar' }, base)
    whole.entry({ name: 'same/layer.tar', type: 'symlink', linkname: '../old/layer.tar' })
    whole.entry({ name: 'manifest.json' }, JSON.stringify([{ Layers: [blob('1'), blob('2'), 'same/layer.tar'] }]))
  })
  let told = 0
  const layers = await layersOfArchive(Readable.from([archive.subarray(0, 700), archive.subarray(700)]), (bytes) => (told = bytes))
  const files = [{ path: '/etc', type: 'directory' }, { path: '/etc/a', type: 'file', size: 5, mode: 0o600 }, { path: '/etc/b', type: 'file', size: 0 }]
  expect(layers).toMatchObject([files, [{ path: '/srv', opaque: true }, { path: '/etc/a', type: 'deleted' }, { path: '/etc/way', type: 'symlink', target: 'b' }], files])
  expect(told).toBe(archive.length)
})

test('an archive without a manifest is refused', async () => {
  await expect(layersOfArchive(Readable.from([await tar((archive) => void archive.entry({ name: 'x' }, 'x'))]), () => {})).rejects.toMatchObject({ reason: 'bad-archive' })
})

test('steps find the layers they made', () => {
  const step = (createdBy: string, sizeBytes: number) => ({ createdAt: 0, createdBy, comment: '', sizeBytes })
  const steps = [step('ADD rootfs', 10), step('CMD sh', 0), step('RUN true', 0), step('COPY x', 3)]
  expect(withLayers(steps, [{ DiffID: '', Size: 10, CreatedBy: 'ADD rootfs' }, { DiffID: '', Size: 0, CreatedBy: 'RUN true' }, { DiffID: '', Size: 3, CreatedBy: 'COPY x' }]).map(({ layer }) => layer)).toEqual([0, undefined, 1, 2])
  expect(withLayers(steps, undefined).map(({ layer }) => layer)).toEqual([0, undefined, undefined, 1])
})
