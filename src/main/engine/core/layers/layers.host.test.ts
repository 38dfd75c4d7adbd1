import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DiffId } from '#shared/oci/digest.ts'
import { loadSyscalls } from '../host/syscalls.ts'
import type { Layers, WhiteoutForm } from './layers.ts'
import { directory, link, tarOf, type Item } from './testing/tar-builder.ts'
import { createLayers } from './worker-layers.ts'

let root: string
let target: string
let layers: Layers
let count = 0

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'images-layers-'))
  layers = createLayers()
})
afterAll(async () => {
  await layers[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})
beforeEach(() => {
  target = join(root, `target-${count++}`)
  mkdirSync(target)
})

function save(archive: Buffer): string {
  const path = join(root, `layer-${count++}`)
  writeFileSync(path, archive)
  return path
}
const apply = (items: Item[], whiteouts: WhiteoutForm = 'overlay') => layers.apply(save(tarOf(...items)), target, { whiteouts })
const at = (path: string) => join(target, path)

describe('an ordinary layer', () => {
  test('files, links, owners, modes, times', async () => {
    const applied = await apply([
      directory('etc', 0o750),
      { path: 'etc/file', content: 'hello', mode: 0o4755, uid: 1000, gid: 1001 },
      link('etc/link', 'file'),
      link('etc/hard', 'etc/file', 'link'),
      { path: 'etc/fifo', type: 'fifo', mode: 0o600 },
      { path: 'etc/null', type: 'char', mode: 0o666, major: 1, minor: 3 },
      { path: Buffer.from('etc/naïve').toString('latin1'), content: 'ü' },
      { path: `etc/${'\xff\xfe'}`, content: 'not UTF-8' },
      { path: 'etc/cap', xattrs: new Map([['user.note', Buffer.from('v')]]) },
    ])
    expect(applied.contentSize).toBe(5 + 2 + 9)
    expect(statSync(at('etc')).mode & 0o7777).toBe(0o750)
    expect(statSync(at('etc')).mtimeMs).toBe(1_700_000_000_000)
    expect(statSync(at('etc/file'))).toMatchObject({ uid: 1000, gid: 1001, nlink: 2, mtimeMs: 1_700_000_000_000 })
    expect(statSync(at('etc/file')).mode & 0o7777).toBe(0o4755)
    expect(readlinkSync(at('etc/link'))).toBe('file')
    expect(lstatSync(at('etc/fifo')).isFIFO()).toBe(true)
    expect(lstatSync(at('etc/null')).rdev).toBe(0x103)
    expect(readFileSync(at('etc/naïve'), 'utf8')).toBe('ü')
    expect(readdirSync(at('etc'), 'latin1')).toContain('\xff\xfe')
    expect(Buffer.from(loadSyscalls().getXattr(at('etc/cap'), 'user.note')!).toString()).toBe('v')
  })

  test.each([
    ['plain', (tar: Buffer) => tar],
    ['gzip', (tar: Buffer) => gzipSync(tar)],
    ['gzip of several members', (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 300)), gzipSync(tar.subarray(300))])],
    ['zstd', (tar: Buffer) => zstdCompressSync(tar)],
  ])('%s gives the diff ID of the archive', async (_form, compress) => {
    const tar = tarOf({ path: 'f', content: 'x'.repeat(100_000) })
    const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`
    const applied = await layers.apply(save(compress(tar)), target, { whiteouts: 'overlay', expected: diffId as DiffId })
    expect(applied).toMatchObject({ diffId, size: tar.length, contentSize: 100_000 })
  })

  test('a link of the same layer is followed as a process inside would', async () => {
    await apply([directory('usr'), directory('usr/lib'), link('lib', 'usr/lib'), { path: 'lib/a', content: '1' }, link('abs', '/usr'), { path: 'abs/b', content: '2' }])
    expect(readFileSync(at('usr/lib/a'), 'utf8')).toBe('1')
    expect(readFileSync(at('usr/b'), 'utf8')).toBe('2')
  })

  test('the same name twice: the last one counts', async () => {
    await apply([{ path: 'a', content: '1' }, { path: 'a', content: '2' }, directory('b'), { path: 'b/x', content: '' }, { path: 'b', content: 'file now' }, { path: 'c', content: '' }, directory('c')])
    expect([readFileSync(at('a'), 'utf8'), readFileSync(at('b'), 'utf8'), statSync(at('c')).isDirectory()]).toEqual(['2', 'file now', true])
  })

  test('directories nobody announced are told', async () => {
    expect((await apply([{ path: 'tmp/deep/file' }])).implied).toEqual(['tmp', 'tmp/deep'])
  })
})

describe('things from here and there', () => {
  const owned = { mode: 0o640, uid: 7, gid: 8, mtime: 1_700_000_000 }
  const set = (name: string, value: string) => loadSyscalls().setXattr(at('cap'), name, Buffer.from(value))

  test('are copied under the names and with the attributes they are given', async () => {
    mkdirSync(at('known'))
    writeFileSync(at('a'), 'from the disk', { mode: 0o777 })
    writeFileSync(at('cap'), '')
    set('user.note', 'v')
    symlinkSync('../elsewhere', at('l'))
    const listed = [
      { ...owned, path: 'd', type: 'directory' },
      { ...owned, path: 'd/a', type: 'file', source: at('a') },
      { ...owned, path: 'd/cap', type: 'file', source: at('cap') },
      { ...owned, path: 'd/text', type: 'file', content: Buffer.from('from memory') },
      { ...owned, path: 'd/l', type: 'symlink', source: at('l') },
      { ...owned, path: 'new/a', type: 'file', source: at('a') },
      { ...owned, path: 'known/a', type: 'file', source: at('a') },
    ] as const
    expect(await layers.copy(listed, at(''), { whiteouts: 'overlay' })).toEqual({ digests: new Map() })
    expect(readFileSync(at('known/a'), 'utf8')).toBe('from the disk')
    expect(readFileSync(at('d/a'), 'utf8')).toBe('from the disk')
    expect(readFileSync(at('d/text'), 'utf8')).toBe('from memory')
    expect(readlinkSync(at('d/l'))).toBe('../elsewhere')
    for (const name of ['a', 'cap', 'text']) expect(statSync(at(`d/${name}`))).toMatchObject({ mode: 0o100640, uid: 7, gid: 8, mtimeMs: 1_700_000_000_000 })
    expect(Buffer.from(loadSyscalls().getXattr(at('d/cap'), 'user.note')!).toString()).toBe('v')
  })

  test('what may be moved is not written again, and is what a copy would be', async () => {
    for (const name of ['copied', 'moved', 'there']) mkdirSync(at(name))
    for (const name of ['a', 'b']) writeFileSync(at(name), 'x'.repeat(700_000), { mode: 0o4711 })
    const { ino } = statSync(at('b'))
    const copied = await layers.copy([{ ...owned, path: 'f', type: 'file', source: at('a') }], at('copied'), { whiteouts: 'overlay' })
    const moved = await layers.copy([{ ...owned, path: 'f', type: 'file', source: at('b'), mayMove: true }], at('moved'), { whiteouts: 'overlay' })
    expect(moved).toEqual(copied)
    expect(await layers.measure({ directory: at('moved'), form: 'overlay' })).toEqual(copied.layer)
    expect(statSync(at('moved/f'))).toMatchObject({ ino, mode: 0o100640, uid: 7, gid: 8, mtimeMs: 1_700_000_000_000 })
    expect([existsSync(at('a')), existsSync(at('b'))]).toEqual([true, false])
  })

  test('one that is not there is told', async () => {
    await expect(layers.copy([{ ...owned, path: 'a', type: 'file', source: at('gone') }], target, { whiteouts: 'overlay' })).rejects.toMatchObject({ code: 'unavailable' })
    await expect(layers.digests([at('gone')])).rejects.toMatchObject({ code: 'not-found', reason: 'ENOENT' })
  })

  test('digests are of content, and of the attributes that travel', async () => {
    writeFileSync(at('a'), 'a')
    writeFileSync(at('cap'), 'a')
    const digests = async () => Buffer.from(await layers.digests([at('a'), at('cap')])).toString('hex').match(/.{64}/g)!
    const plain = createHash('sha256').update('a').digest('hex')
    expect(await digests()).toEqual([plain, plain])
    set('user.overlay.origin', 'x')
    expect(await digests()).toEqual([plain, plain])
    set('user.note', 'v')
    const [first, second] = await digests()
    expect([first, second === plain]).toEqual([plain, false])
  })
})

describe('an archive that comes in pieces', () => {
  const digest = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')
  /** Of 100 bytes each, so that many are on their way. */
  const piecesOf = (tar: Buffer) => Readable.from(Array.from({ length: Math.ceil(tar.length / 100) }, (_, index) => tar.subarray(index * 100, (index + 1) * 100)), { objectMode: false })

  test('is unpacked as it comes, and what its files hold is known', async () => {
    mkdirSync(at('old'))
    writeFileSync(at('gone'), '')
    const large = Buffer.alloc(3_000_000, 'large')
    const { digests } = await layers.unpack(Readable.from([tarOf({ path: '.wh.gone' }, { path: 'old/large', content: large })]), target)
    expect(readFileSync(at('old/large')).equals(large)).toBe(true)
    expect(digests).toEqual(new Map([['old/large', digest(large)]]))
    const again = await layers.unpack(piecesOf(tarOf({ path: 'empty' }, { path: '\xff', content: 'x' }, { path: '\xfe', content: 'z' }, { path: 'twice', content: '1' }, { path: 'twice', content: '2' }, { path: 'noted', content: 'y', xattrs: new Map([['user.note', Buffer.from('v')]]) })), target)
    expect(again.digests).toEqual(new Map([['empty', digest('')], ['\xff', digest('x')], ['\xfe', digest('z')], ['twice', digest('2')]]))
    expect(readdirSync(target, 'latin1').sort()).toEqual(['empty', '\xff', '\xfe', 'noted', 'old', 'twice'].sort())
  })

  test('leaves the chunks of what comes alone, unless they are its own', async () => {
    const chunks = () => [tarOf({ path: 'file', content: Buffer.alloc(100_000) }), Buffer.alloc(1024)]
    const [shared, own] = [chunks(), chunks()]
    await layers.unpack(Readable.from(shared), target)
    await layers.unpack(Readable.from(own), target, { own: true })
    expect([shared, own].map((all) => all.map(({ length }) => length > 0))).toEqual([[true, true], [false, false]])
  })

  test('keeps nobody waiting while it comes slowly, however many do', async () => {
    const slow = Array.from({ length: 5 }, () => new PassThrough())
    const places = slow.map((_, index) => at(String(index)))
    for (const place of places) mkdirSync(place)
    const unpacking = slow.map((archive, index) => layers.unpack(archive, places[index]!))
    const tar = tarOf({ path: 'file', content: 'content' })
    for (const archive of slow) archive.write(tar.subarray(0, 700))
    expect((await layers.apply(save(tar), at(''), { whiteouts: 'overlay' })).contentSize).toBe(7)
    expect(await layers.unpack(save(tar), at(''))).toMatchObject({ digests: new Map([['file', digest('content')]]) })
    for (const archive of slow) archive.end(tar.subarray(700))
    for (const { digests } of await Promise.all(unpacking)) expect(digests).toEqual(new Map([['file', digest('content')]]))
    expect(readdirSync(target).sort()).toEqual(['0', '1', '2', '3', '4', 'file'])
  })

  test('that is cut, damaged, broken off or not wanted any more is told, and the next one is not disturbed by its rest', async () => {
    const tar = tarOf({ path: 'big', content: Buffer.alloc(5_000_000) }, { path: 'rest' })
    await expect(layers.unpack(Readable.from([tar.subarray(0, 4_000_000)]), target)).rejects.toMatchObject({ code: 'data-loss', reason: 'truncated' })
    const hostile = piecesOf(Buffer.concat([tarOf({ path: '../../out' }).subarray(0, 1024), tar]))
    await expect(layers.unpack(hostile, target)).rejects.toMatchObject({ code: 'invalid-argument' })
    expect(hostile.destroyed).toBe(true)
    const broken = Readable.from((async function* () {
      yield tar.subarray(0, 2_000_000)
      throw new Error('the client has gone')
    })())
    await expect(layers.unpack(broken, target)).rejects.toThrow('the client has gone')
    const cancel = new AbortController()
    const endless = new Readable({ read() { this.push(Buffer.alloc(100_000)); cancel.abort() } })
    await expect(layers.unpack(endless, target, { signal: cancel.signal })).rejects.toMatchObject({ code: 'cancelled' })
    expect(endless.destroyed).toBe(true)
    for (const name of ['one', 'two', 'three']) expect([...(await layers.unpack(Readable.from([tarOf({ path: name })]), target)).digests.keys()]).toEqual([name])
  })
})

test('a stream that nobody reads on keeps no other work waiting', async () => {
  mkdirSync(at('tree'))
  writeFileSync(at('tree/large'), Buffer.alloc(16_000_000))
  const unread = [layers.pack(at('tree')), layers.pack(at('tree')), layers.pack(at('tree'))]
  for (const stream of unread) await once(stream, 'readable')
  expect((await layers.usage(at('tree'))).bytes).toBe(16_000_000)
  for (const stream of unread) stream.destroy()
})

describe('whiteouts', () => {
  test('as an overlay wants them', async () => {
    await apply([{ path: '.wh.gone' }, directory('dir'), { path: 'dir/.wh..wh..opq' }, { path: '.wh.again' }, directory('again'), { path: 'again/new' }, { path: '.wh..wh.plnk/x' }])
    expect(lstatSync(at('gone'))).toMatchObject({ rdev: 0 })
    expect(lstatSync(at('gone')).isCharacterDevice()).toBe(true)
    const opaque = (path: string) => Buffer.from(loadSyscalls().getXattr(at(path), 'trusted.overlay.opaque') ?? []).toString()
    expect([opaque('dir'), opaque('again')]).toEqual(['y', 'y'])
    expect(readdirSync(target).sort()).toEqual(['again', 'dir', 'gone'])
  })

  test('on a copy they remove what was below and spare what is new', async () => {
    mkdirSync(at('dir/sub'), { recursive: true })
    writeFileSync(at('old'), '')
    await apply([{ path: '.wh.old' }, { path: 'dir/new' }, { path: 'dir/.wh..wh..opq' }], 'remove')
    expect([readdirSync(target), readdirSync(at('dir'))]).toEqual([['dir'], ['new']])
  })

  test.each(['.wh.', '.wh..', '.wh...', 'a/.wh...'])('%s is refused', async (path) => {
    await expect(apply([{ path }])).rejects.toMatchObject({ reason: 'hostile-layer' })
  })
})

describe('hostile layers reach nothing outside', () => {
  let outside: string
  beforeEach(() => {
    outside = join(root, `outside-${count++}`)
    mkdirSync(outside)
    writeFileSync(join(outside, 'secret'), 'untouched')
  })
  const untouched = () => expect([readdirSync(outside), readFileSync(join(outside, 'secret'), 'utf8'), statSync(join(outside, 'secret')).mode & 0o777]).toEqual([['secret'], 'untouched', 0o644])

  test.each(['../x', 'a/../../x', '../../../../etc/x'])('the name %s', async (path) => {
    await expect(apply([{ path, content: 'x' }])).rejects.toThrow('is outside of the root of the image')
  })

  test('an absolute name lands inside', async () => {
    await apply([{ path: '/abs/x', content: 'in' }])
    expect(readFileSync(at('abs/x'), 'utf8')).toBe('in')
  })

  test('a file, directory, link or whiteout through a symbolic link', async () => {
    for (const victim of [outside, `../../../../../../../../..${outside}`]) {
      rmSync(target, { recursive: true })
      mkdirSync(target)
      await apply([link('out', victim), { path: 'out/secret', content: 'owned', mode: 0o777 }, directory('out/dir'), { path: 'out/.wh.secret' }, link('out/l', 'x')])
      untouched()
    }
  })

  test('a symbolic link as the last part is replaced, not followed', async () => {
    await apply([link('out', join(outside, 'secret')), { path: 'out', content: 'owned', mode: 0o777 }])
    untouched()
    expect(readFileSync(at('out'), 'utf8')).toBe('owned')
    await apply([link('dir', outside), directory('dir', 0o777)])
    untouched()
    expect(lstatSync(at('dir')).isDirectory()).toBe(true)
  })

  test('a hard link to what lies outside', async () => {
    await expect(apply([link('out', outside), link('stolen', 'out/secret', 'link')])).rejects.toMatchObject({ reason: 'hostile-layer' })
    await expect(apply([link('stolen2', `../../..${outside}/secret`, 'link')])).rejects.toMatchObject({ code: 'invalid-argument' })
    untouched()
  })

  test('a hard link to a symbolic link, then a file written through it', async () => {
    await apply([link('s', join(outside, 'secret')), link('h', 's', 'link'), { path: 'h', content: 'owned' }])
    untouched()
  })

  test('links that a layer below left in a copied tree', async () => {
    symlinkSync(outside, at('below'))
    await apply([{ path: 'below/secret', content: 'owned' }, { path: 'below/.wh.secret' }, { path: 'below/.wh..wh..opq' }], 'remove')
    untouched()
  })

  test('an opaque marker through a link, a loop of links, the root replaced', async () => {
    await expect(apply([link('a', 'b'), link('b', 'a'), { path: 'a/x' }])).rejects.toThrow('too many symbolic links')
    await expect(apply([link('.', '/etc')])).rejects.toThrow('replace the root')
    await apply([link('o', outside), { path: 'o/.wh..wh..opq' }])
    untouched()
  })

  test("an overlay's own attributes are not taken", async () => {
    await apply([{ ...directory('d'), xattrs: new Map([['trusted.overlay.redirect', Buffer.from('/etc')], ['user.overlay.opaque', Buffer.from('y')]]) }])
    expect(loadSyscalls().listXattrs(at('d')).filter((name) => name.includes('overlay'))).toEqual([])
  })
})

describe('damage', () => {
  test('another diff ID, a truncated gzip, garbage, an endless file', async () => {
    const tar = tarOf({ path: 'f', content: 'x'.repeat(50_000) })
    const other = `sha256:${'0'.repeat(64)}` as DiffId
    await expect(layers.apply(save(tar), target, { whiteouts: 'overlay', expected: other })).rejects.toMatchObject({ reason: 'wrong-diff-id' })
    await expect(layers.apply(save(gzipSync(tar).subarray(0, 60)), target, { whiteouts: 'overlay' })).rejects.toMatchObject({ code: 'data-loss' })
    await expect(layers.apply(save(gzipSync(tar.subarray(0, 20_000))), target, { whiteouts: 'overlay' })).rejects.toMatchObject({ code: 'data-loss', reason: 'truncated' })
    await expect(layers.apply(save(Buffer.alloc(2000, 7)), target, { whiteouts: 'overlay' })).rejects.toMatchObject({ code: 'invalid-argument' })
    await expect(layers.apply(save(tar), target, { whiteouts: 'overlay', limit: 10_000 })).rejects.toMatchObject({ code: 'resource-exhausted' })
  })

  test.each([['one file', 1], ['many files', 100]])('a bomb stops at the limit: %s', async (_what, files) => {
    const bomb = gzipSync(tarOf(...Array.from({ length: files }, (_, index) => ({ path: `zeros-${index}`, content: Buffer.alloc(50_000_000 / files) }))))
    expect(bomb.length).toBeLessThan(80_000)
    await expect(layers.apply(save(bomb), target, { whiteouts: 'overlay', limit: 1_000_000 })).rejects.toMatchObject({ reason: 'layer-too-large' })
  })

  test('cancelling ends the work, and the next job finds a thread', async () => {
    const cancel = new AbortController()
    const work = layers.apply(save(tarOf({ path: 'big', content: Buffer.alloc(20_000_000) })), target, { whiteouts: 'overlay', signal: cancel.signal })
    cancel.abort()
    await expect(work).rejects.toMatchObject({ code: 'cancelled' })
    expect((await apply([{ path: 'after' }])).contentSize).toBe(0)
  })
})

describe('diff', () => {
  test('gives back what was applied, in a form every tar reads', async () => {
    await apply([directory('a'), { path: 'a/f', content: 'x', mode: 0o4711, uid: 5 }, link('a/l', 'f'), link('a/h', 'a/f', 'link'), { path: '.wh.gone' }, directory('o'), { path: 'o/.wh..wh..opq' }, { path: 'n'.repeat(180), content: 'y' }])
    const tar = await buffer(layers.diff({ directory: target, form: 'overlay' }))
    const listed = execFileSync('tar', ['-tf', '-'], { input: tar }).toString().trim().split('\n')
    expect(listed).toEqual(['a/', 'a/f', 'a/h', 'a/l', '.wh.gone', 'n'.repeat(180), 'o/', 'o/.wh..wh..opq'])
    const measured = await layers.measure({ directory: target, form: 'overlay' })
    expect(measured.diffId).toBe(`sha256:${createHash('sha256').update(tar).digest('hex')}`)

    const copy = join(root, `copy-${count++}`)
    mkdirSync(copy)
    const again = await layers.apply(save(tar), copy, { whiteouts: 'overlay' })
    expect(again.diffId).toBe(measured.diffId)
    expect((await layers.measure({ directory: copy, form: 'overlay' })).diffId).toBe(measured.diffId)

    const packed = join(root, 'packed.gz')
    const compressed = await layers.compress({ directory: copy, form: 'overlay' }, packed)
    expect(compressed).toMatchObject({ diffId: measured.diffId, digest: `sha256:${createHash('sha256').update(readFileSync(packed)).digest('hex')}`, compressedSize: statSync(packed).size })
  })

  test('of two trees', async () => {
    const before = join(root, `before-${count++}`)
    mkdirSync(join(before, 'same/deep'), { recursive: true })
    writeFileSync(join(before, 'same/deep/kept'), 'k')
    writeFileSync(join(before, 'same/gone'), 'g')
    execFileSync('cp', ['-a', '-T', before, target])
    rmSync(at('same/gone'))
    writeFileSync(at('same/deep/new'), 'n')
    const source = { directory: target, form: 'remove', below: [before] } as const
    const listed = execFileSync('tar', ['-tf', '-'], { input: await buffer(layers.diff(source)) }).toString().trim().split('\n')
    expect(listed).toEqual(['same/', 'same/.wh.gone', 'same/deep/', 'same/deep/new'])
    expect(await layers.changes(source)).toEqual([{ path: '/same/deep/new', kind: 'added' }, { path: '/same/gone', kind: 'deleted' }])
  })

  test('a link in a tree that is packed is never followed', async () => {
    symlinkSync('/etc', at('etc'))
    const listed = execFileSync('tar', ['-tf', '-'], { input: await buffer(layers.pack(target)) }).toString().trim()
    expect(listed).toBe('etc')
    expect(existsSync('/etc/passwd')).toBe(true)
  })
})
