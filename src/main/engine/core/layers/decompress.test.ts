import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'
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

test('an error of the source reaches the reader as it is', async () => {
  const source = Readable.from((async function* () {
    yield FORMS['gzip']!.subarray(0, 1000)
    throw new Error('connection lost')
  })())
  await expect(buffer(await decompressed(source))).rejects.toThrow('connection lost')
})
