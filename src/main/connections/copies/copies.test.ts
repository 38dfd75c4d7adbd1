import { buffer } from 'node:stream/consumers'
import { pack, extract } from 'tar-stream'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { commonStart } from './known-layers.ts'
import { thinArchive } from './thin-archive.ts'

const long = `${'deep/'.repeat(40)}${'a'.repeat(64)}`

async function archive(files: Record<string, number>): Promise<Buffer> {
  const packed = pack()
  for (const [name, size] of Object.entries(files)) packed.entry({ name }, Buffer.alloc(size, name.length))
  packed.finalize()
  return buffer(packed)
}
async function contents(bytes: Buffer): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  const entries = extract()
  Readable.from([bytes]).pipe(entries)
  for await (const entry of entries) found[entry.header.name] = (await buffer(entry as unknown as Readable)).length
  return found
}
/** In pieces of every awkward size. */
const pieces = (bytes: Buffer, size: number) => Readable.from((function* () { for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size) })())

test.each([1, 7, 511, 512, 513, 4096, 1 << 20])('files are taken out of an archive whatever pieces it comes in (%d bytes)', async (size) => {
  const files = { 'a/': 0, 'a/one': 3, 'a/two': 1024, [long]: 700, 'nothing': 0, 'last': 513 }
  const whole = await archive(files)
  expect((await buffer(pieces(whole, size).pipe(thinArchive(() => false)))).equals(whole)).toBe(true)
  const thin = await buffer(pieces(whole, size).pipe(thinArchive((path) => path === 'a/two' || path === long)))
  const { 'a/two': _, [long]: __, ...left } = files
  expect(await contents(thin)).toEqual(left)
  expect(thin.length).toBeLessThan(whole.length)
})

test('layers count as there from the base up, as far as both have the same', () => {
  expect([commonStart(['a', 'b'], ['a', 'b', 'c']), commonStart(['a', 'x', 'c'], ['a', 'b', 'c']), commonStart([], ['a']), commonStart(['b'], ['a', 'b'])]).toEqual([2, 1, 0, 0])
})
