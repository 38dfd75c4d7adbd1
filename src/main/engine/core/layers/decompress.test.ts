import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decompressed } from './decompress.ts'

const WHOLE = randomBytes(300_000)
const FORMS: Record<string, Buffer> = {
  gzip: gzipSync(WHOLE),
  zstd: zstdCompressSync(WHOLE),
  xz: spawnSync('xz', ['-c'], { input: WHOLE, maxBuffer: 1e7 }).stdout,
  bzip2: spawnSync('bzip2', ['-c'], { input: WHOLE, maxBuffer: 1e7 }).stdout,
}

test.each(Object.keys(FORMS))('%s', async (form) => expect(await buffer(await decompressed(Readable.from([FORMS[form]!])))).toEqual(WHOLE))

test.each(Object.keys(FORMS))('%s that was cut is what is wrong with the archive, also when nobody reads it any more', async (form) => {
  const unread = await decompressed(Readable.from([FORMS[form]!.subarray(0, 1000)]))
  unread.resume()
  await new Promise((resolve) => unread.once('close', resolve))
  await expect(buffer(unread)).rejects.toThrow()
  await expect(buffer(await decompressed(Readable.from([FORMS[form]!.subarray(0, -40)])))).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('damaged archive') })
})

test('an error that the source had before anybody read it is not an empty archive', async () => {
  const source = new Readable().on('error', () => {})
  source.destroy(new Error('connection lost'))
  await new Promise((resolve) => source.once('close', resolve))
  await expect(decompressed(source)).rejects.toThrow('connection lost')
})

test('an error of the source reaches the reader as it is', async () => {
  const source = Readable.from((async function* () {
    yield FORMS['gzip']!.subarray(0, 1000)
    throw new Error('connection lost')
  })())
  await expect(buffer(await decompressed(source))).rejects.toThrow('connection lost')
})

const skippable = (content: Buffer) => Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18]), Buffer.from(Uint32Array.of(content.length).buffer), content])

test.each([1, 7, 65_536, 1_000_000])('every frame of zstd is read, and skipped ones are not, in pieces of %i bytes', async (length) => {
  const content = Buffer.concat([randomBytes(1000), Buffer.alloc(300_000)])
  const checked = zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
  const whole = Buffer.concat([skippable(randomBytes(500)), checked, zstdCompressSync(''), skippable(Buffer.alloc(0)), FORMS['zstd']!.subarray(0, length === 1 ? 0 : undefined), checked, skippable(randomBytes(9))])
  const pieces = Array.from({ length: Math.ceil(whole.length / length) }, (_, index) => whole.subarray(index * length, (index + 1) * length))
  expect(await buffer(await decompressed(Readable.from(pieces)))).toEqual(Buffer.concat([content, length === 1 ? Buffer.alloc(0) : WHOLE, content]))
})

test('what follows the frames of zstd and is none is damage', async () => {
  await expect(buffer(await decompressed(Readable.from([Buffer.concat([FORMS['zstd']!, Buffer.from('no frame')])])))).rejects.toMatchObject({ reason: 'truncated' })
})
