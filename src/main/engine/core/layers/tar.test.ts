import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePax, encodeHeader, type TarEntry } from './tar-format.ts'
import { TarReader } from './tar-reader.ts'
import { tarOf } from './testing/tar-builder.ts'

interface Read {
  entry: TarEntry
  content: Buffer
}

function readAll(archive: Buffer, pieces: number[] = []): Read[] {
  const found: Read[] = []
  const reader = new TarReader({
    entry: (entry) => found.push({ entry, content: Buffer.alloc(entry.size) }),
    data: (chunk, offset) => void chunk.copy(found.at(-1)!.content, offset),
    complete: () => {},
  })
  let at = 0
  for (const piece of pieces) {
    reader.write(archive.subarray(at, at + piece))
    at += piece
  }
  reader.write(archive.subarray(at))
  reader.end()
  return found
}

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,120}(\/[a-z0-9é]{1,150})?$/).map((text) => Buffer.from(text).toString('latin1'))

test('what is written is read back, in pieces of any size', () => {
  const entries = fc.array(
    fc.record({ path: name, mode: fc.integer({ min: 0, max: 0o7777 }), uid: fc.integer({ min: 0, max: 4_294_967_294 }), gid: fc.integer({ min: 0, max: 2 ** 21 }), mtime: fc.integer({ min: -10, max: 2 ** 34 }), content: fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)) }),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(entries, fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 20 }), (items, pieces) => {
      const found = readAll(tarOf(...items), pieces)
      expect(found.map(({ entry: { path, mode, uid, gid, mtime }, content }) => ({ path, mode, uid, gid, mtime, content }))).toEqual(items)
    }),
  )
})

test('extended attributes with any bytes', () => {
  const value = Buffer.from([0, 10, 61, 255])
  const [found] = readAll(tarOf({ path: 'f', xattrs: new Map([['security.capability', value]]) }))
  expect(Buffer.from(found!.entry.xattrs!.get('security.capability')!)).toEqual(value)
})

test('sparse files of GNU tar in every form, long names, links', () => {
  const folder = mkdtempSync(join(tmpdir(), 'images-tar-'))
  try {
    writeFileSync(join(folder, 'sparse'), Buffer.alloc(4096, 1))
    truncateSync(join(folder, 'sparse'), 1024 * 1024)
    writeFileSync(join(folder, 'sparse'), 'end', { flag: 'a' })
    writeFileSync(join(folder, 'n'.repeat(200)), 'long')
    for (const form of [['--format=gnu'], ['--format=pax', '--sparse-version=0.0'], ['--format=pax', '--sparse-version=0.1'], ['--format=pax', '--sparse-version=1.0']]) {
      const archive = execFileSync('tar', ['-C', folder, '--sparse', ...form, '-cf', '-', 'sparse', 'n'.repeat(200)], { maxBuffer: 1 << 26 })
      const [sparse, long] = readAll(archive, [100, 600, 1300])
      expect(sparse!.entry).toMatchObject({ path: 'sparse', size: 1024 * 1024 + 3 })
      expect(sparse!.content.subarray(0, 4096)).toEqual(Buffer.alloc(4096, 1))
      expect(sparse!.content.subarray(4096, 8192)).toEqual(Buffer.alloc(4096))
      expect(sparse!.content.subarray(-3).toString()).toBe('end')
      expect(long).toMatchObject({ entry: { path: 'n'.repeat(200) }, content: Buffer.from('long') })
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('our archives are read by tar', () => {
  const listed = execFileSync('tar', ['-tvf', '-'], { input: tarOf({ path: 'a'.repeat(150), content: 'x' }, { path: 'b/', type: 'directory', mode: 0o1777 }, { path: 'c', type: 'symlink', linkPath: 'd'.repeat(120) }, { path: 'e', uid: 3_000_000 }) }).toString()
  expect(listed).toContain('a'.repeat(150))
  expect(listed).toContain('drwxrwxrwt')
  expect(listed).toContain(`c -> ${'d'.repeat(120)}`)
  expect(listed).toContain('3000000')
})

test.each([
  ['cut in a header', (archive: Buffer) => archive.subarray(0, 300), /unexpected end/],
  ['cut in content', (archive: Buffer) => archive.subarray(0, 700), /unexpected end/],
  ['cut in the end marker', (archive: Buffer) => archive.subarray(0, -1), /unexpected end/],
  ['a wrong checksum', (archive: Buffer) => Buffer.concat([Buffer.from('x'), archive.subarray(1)]), /checksum/],
])('%s is refused', (_what, damage, message) => {
  expect(() => readAll(damage(tarOf({ path: 'file', content: 'y'.repeat(600) })))).toThrow(message)
})

test('an archive without its end marker, or with half of it, is whole, as for every tar', () => {
  for (const length of [1024, 1536]) expect(readAll(tarOf({ path: 'file', content: 'y' }).subarray(0, length))).toHaveLength(1)
})

test('damaged PAX records and giant extensions are refused', () => {
  for (const text of ['5 a=b', 'x a=b\n', '99 a=b\n', '6 ab\n\n']) expect(() => decodePax(Buffer.from(text))).toThrow('PAX')
  const header = encodeHeader({ path: 'x', type: 'file', linkPath: '', mode: 0, uid: 0, gid: 0, size: 2 ** 30, mtime: 0, major: 0, minor: 0 })
  header.write('x', 156)
  header.fill(' ', 148, 156)
  header.write(header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0') + '\0 ', 148)
  expect(() => readAll(header)).toThrow('too large')
})

test.each([
  ['a time without end', { mtime: Infinity }, 'is not a time'],
  ['a link to a name with a NUL', { type: 'symlink', linkPath: 'a\0b'.repeat(50) }, 'contains a NUL byte'],
] as const)('%s is refused', (_what, change, message) => {
  const entry: TarEntry = { path: 'entry', type: 'file', linkPath: '', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, major: 0, minor: 0, ...change }
  expect(() => readAll(Buffer.concat([encodeHeader(entry), Buffer.alloc(1024)]))).toThrow(message)
})
