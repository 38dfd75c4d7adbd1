import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, closeSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadSyscalls } from '../host/syscalls.ts'
import { directory, link, tarOf, type Item } from '../layers/testing/tar-builder.ts'
import { writeContent } from './content.ts'
import type { Root } from './files.ts'
import { listDirectory } from './list.ts'
import { locate, locateTarget, pathOf } from './locate.ts'
import { makeDirectory } from './make.ts'
import { packPlace } from './pack.ts'
import { renameEntry } from './rename.ts'
import { removeTree } from './remove.ts'
import { unpack, type UnpackOptions } from './unpack.ts'

let folder: string
/** The tree, and beside it what nobody in it may reach. */
let tree: string
let outside: string
let root: Root

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-files-'))
  ;[tree, outside] = [join(folder, 'tree'), join(folder, 'outside')]
  mkdirSync(tree)
  mkdirSync(outside)
  root = { descriptor: openSync(tree, constants.O_RDONLY | constants.O_DIRECTORY), syscalls: loadSyscalls() }
})
afterEach(() => {
  closeSync(root.descriptor)
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string) => join(tree, path)
const put = (bytes: Uint8Array, path = '/', options: Partial<UnpackOptions> = {}) => unpack(root, path, Readable.from([bytes]), { inUserNamespace: false, ...options })
const putItems = (items: Item[], path?: string, options?: Partial<UnpackOptions>) => put(tarOf(...items), path, options)
async function take(path: string, name?: string): Promise<Buffer> {
  using place = locate(root, path)
  const pieces: Buffer[] = []
  for await (const piece of packPlace(root, place, name === undefined ? {} : { name })) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
const namesOf = (archive: Buffer) => execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] }).trim().split('\n')

/** Another process that makes `sub` a link to the outside and a folder again, as fast as it can, until it is disposed. */
async function swapping(): Promise<AsyncDisposable> {
  const script = `const { renameSync, symlinkSync, mkdirSync } = require('node:fs'); process.chdir(${JSON.stringify(tree)}); symlinkSync(${JSON.stringify(outside)}, 'evil'); console.log('go');
    for (;;) { for (const [from, to] of [['sub', 'kept'], ['evil', 'sub'], ['sub', 'evil'], ['kept', 'sub']]) try { renameSync(from, to) } catch {} }`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'close')
      child.kill('SIGKILL')
      await ended
    },
  }
}

describe('writing', () => {
  test('files, links, owners, modes, devices, times, large content', async () => {
    const large = Buffer.alloc(3_500_001, 'abc')
    await putItems([
      directory('d', 0o2750),
      { path: 'd/file', content: 'hello', mode: 0o4755, uid: 1000, gid: 1001 },
      { path: 'd/large', content: large.toString() },
      link('d/link', 'file'),
      link('d/hard', 'd/file', 'link'),
      { path: 'd/fifo', type: 'fifo', mode: 0o622 },
      { path: 'd/null', type: 'char', mode: 0o666, major: 1, minor: 3 },
      { path: 'made/on/the/way', content: 'x' },
    ])
    expect(statSync(at('d')).mode & 0o7777).toBe(0o2750)
    expect(statSync(at('d')).mtimeMs).toBe(1_700_000_000_000)
    expect(statSync(at('d/file'))).toMatchObject({ uid: 1000, gid: 1001, nlink: 2, mtimeMs: 1_700_000_000_000 })
    expect(statSync(at('d/file')).mode & 0o7777).toBe(0o4755)
    expect(readFileSync(at('d/large')).equals(large)).toBe(true)
    expect(readlinkSync(at('d/link'))).toBe('file')
    expect(lstatSync(at('d/fifo')).isFIFO()).toBe(true)
    expect(lstatSync(at('d/null')).rdev).toBe(0x103)
    expect(statSync(at('made/on')).mode & 0o777).toBe(0o755)
  })

  test('every compression', async () => {
    const archive = tarOf({ path: 'f', content: 'packed' })
    for (const bytes of [archive, gzipSync(archive), zstdCompressSync(archive), execFileSync('xz', ['-c'], { input: archive }), execFileSync('bzip2', ['-c'], { input: archive })]) {
      await put(bytes)
      expect(readFileSync(at('f'), 'utf8')).toBe('packed')
      rmSync(at('f'))
    }
  })

  test('what is there is replaced, a folder is filled, other kinds are refused if asked', async () => {
    mkdirSync(at('d'))
    writeFileSync(at('d/old'), '')
    writeFileSync(at('f'), 'before')
    await putItems([directory('d'), { path: 'd/new', content: '' }, { path: 'f', content: 'after' }])
    expect(readdirSync(at('d')).sort()).toEqual(['new', 'old'])
    expect(readFileSync(at('f'), 'utf8')).toBe('after')
    await expect(putItems([{ path: 'd', content: '' }], '/', { keepKinds: true })).rejects.toThrow('cannot overwrite directory "/d" with non-directory "d"')
    await expect(putItems([directory('f')], '/', { keepKinds: true })).rejects.toThrow('cannot overwrite non-directory "/f" with directory')
    await putItems([{ path: 'd', content: 'now a file' }])
    expect(readFileSync(at('d'), 'utf8')).toBe('now a file')
  })

  test('a file that is a mount point is written over', async () => {
    writeFileSync(join(outside, 'source'), 'before, and longer')
    writeFileSync(at('target'), '')
    loadSyscalls().mount({ source: join(outside, 'source'), target: at('target'), type: '', flags: ['bind'] })
    try {
      await putItems([{ path: 'target', content: 'after' }])
    } finally {
      loadSyscalls().unmount(at('target'), { detach: true })
    }
    expect(readFileSync(join(outside, 'source'), 'utf8')).toBe('after')
  })

  test('owner of all, devices left out in a user namespace', async () => {
    await putItems([{ path: 'f', content: '', uid: 5, gid: 6 }, { path: 'null', type: 'char', major: 1, minor: 3 }], '/', { owner: { uid: 7, gid: 8 }, inUserNamespace: true })
    expect(statSync(at('f'))).toMatchObject({ uid: 7, gid: 8 })
    expect(existsSync(at('null'))).toBe(false)
  })

  test('names and links that would lead out do not', async () => {
    await expect(putItems([{ path: '../escaped', content: 'x' }])).rejects.toThrow('outside of the place')
    await putItems([{ path: '/absolute', content: 'x' }, directory('outside'), link('rel', '../../outside'), { path: 'rel/f', content: 'x' }])
    expect([existsSync(at('absolute')), existsSync(at('outside/f'))]).toEqual([true, true])
    await expect(putItems([link('abs', outside), { path: 'abs/f', content: 'x' }])).rejects.toThrow('no such file or directory')
    await expect(putItems([link('hard', '../outside/secret', 'link')])).rejects.toThrow('outside of the place')
    expect(readdirSync(outside)).toEqual([])
  })

  test('a truncated or malformed archive is an error', async () => {
    await expect(put(tarOf({ path: 'f', content: 'x'.repeat(2000) }).subarray(0, 1500))).rejects.toThrow('unexpected end')
    await expect(put(Buffer.alloc(2048, 'x'))).rejects.toThrow('invalid tar archive')
    await put(Buffer.alloc(0))
    await expect(putItems([], '/none')).rejects.toThrow('no such file or directory')
    writeFileSync(at('f'), '')
    await expect(putItems([], '/f')).rejects.toThrow('not a directory')
  })

  test('a folder swapped for a link all the time leads nothing outside', async () => {
    mkdirSync(at('sub'))
    await using _swapper = await swapping()
    const items = [directory('sub'), ...Array.from({ length: 60 }, (_, index): Item => ({ path: `sub/${index}`, content: String(index), mode: 0o4777, uid: 12 })), directory('sub/deep'), { path: 'sub/deep/f', content: 'x' }, link('sub/hard', 'sub/1', 'link')]
    for (let turn = 0; turn < 120; turn++) await putItems(items).catch(() => {})
    expect(readdirSync(outside)).toEqual([])
    expect(statSync(outside)).toMatchObject({ uid: 0, mode: 0o40755 })
  })
})

describe('reading', () => {
  test('what was written comes back', async () => {
    const items = [directory('d', 0o750), link('d/link', 'file'), { path: 'd/file', content: 'x'.repeat(200_000), mode: 0o640, uid: 3, gid: 4 }, { path: 'd/small', content: 'y' }, link('d/zz', 'd/small', 'link')]
    await putItems(items)
    const archive = await take('/d', 'renamed')
    expect(namesOf(archive)).toEqual(['renamed/', 'renamed/file', 'renamed/link', 'renamed/small', 'renamed/zz'])
    rmSync(at('d'), { recursive: true })
    await put(archive)
    expect(statSync(at('renamed/file'))).toMatchObject({ uid: 3, gid: 4, size: 200_000 })
    expect(statSync(at('renamed/zz')).ino).toBe(statSync(at('renamed/small')).ino)
    expect(namesOf(await take('/renamed'))).toEqual(['file', 'link', 'small', 'zz'])
  })

  test('a path goes through links, but not its end; with a slash behind it does', () => {
    mkdirSync(at('real'))
    writeFileSync(at('real/f'), '')
    symlinkSync('/real', at('to-real'))
    symlinkSync('/real/f', at('to-file'))
    using through = locate(root, '/to-real/f')
    using end = locate(root, '/to-real')
    using target = locate(root, '/to-real/')
    using file = locateTarget(root, '/to-file')
    expect([through.stat.isFile(), end.stat.isSymbolicLink(), target.stat.isDirectory(), file.stat.isFile(), pathOf(root, target.parent)]).toEqual([true, true, true, true, '/real'])
    expect(() => locate(root, '/none/f')).toThrow('no such file or directory')
    expect(() => locate(root, '/real/f/')).toThrow('not a directory')
  })

  test('a link to the outside shows nothing of it, however fast it is swapped', async () => {
    writeFileSync(join(outside, 'secret'), 'SECRET')
    mkdirSync(at('sub'))
    writeFileSync(at('sub/open'), 'open')
    await using _swapper = await swapping()
    for (let turn = 0; turn < 400; turn++) {
      for (const path of ['/sub/secret', '/sub/', '/']) expect((await take(path, 'x').catch(() => Buffer.alloc(0))).includes('SECRET')).toBe(false)
      expect(await listDirectory(root, '/sub').then((entries) => entries.map(({ name }) => name), () => [])).not.toContain('secret')
    }
  })

  test('a fifo is not waited for', async () => {
    await putItems([{ path: 'pipe', type: 'fifo' }])
    expect(namesOf(await take('/', 'x'))).toEqual(['x/', 'x/pipe'])
  })
})

describe('changing', () => {
  test('a tree is removed without following links', () => {
    writeFileSync(join(outside, 'kept'), '')
    mkdirSync(at('d/e'), { recursive: true })
    symlinkSync(outside, at('d/e/link'))
    removeTree(at('d'))
    expect([existsSync(at('d')), readdirSync(outside)]).toEqual([false, ['kept']])
  })

  test('removing what is swapped for a link removes nothing outside', async () => {
    await using _swapper = await swapping()
    for (let turn = 0; turn < 150; turn++) {
      try {
        mkdirSync(at('sub/x'), { recursive: true })
        writeFileSync(join(outside, 'kept'), '')
        removeTree(`/proc/self/fd/${root.descriptor}/sub`)
      } catch {
        // Lost the race.
      }
    }
    expect(readdirSync(outside)).toContain('kept')
  })

  test('a file is replaced in one step with its owner and mode; a folder is not', async () => {
    await putItems([{ path: 'f', content: 'old', mode: 0o640, uid: 5, gid: 6 }, directory('d')])
    await writeContent(root, '/f', Readable.from([Buffer.from('new')]))
    expect([readFileSync(at('f'), 'utf8'), statSync(at('f')).mode & 0o777, statSync(at('f')).uid]).toEqual(['new', 0o640, 5])
    await expect(writeContent(root, '/d', Readable.from([]))).rejects.toThrow('is a folder')
    await expect(writeContent(root, '/none/f', Readable.from([]))).rejects.toThrow('no such file')
    symlinkSync(join(outside, 'x'), at('link'))
    await writeContent(root, '/link', Readable.from([Buffer.from('x')]))
    expect([lstatSync(at('link')).isFile(), readdirSync(outside)]).toEqual([true, []])
    expect(readdirSync(tree).sort()).toEqual(['d', 'f', 'link'])
  })

  test('folders are made, with what is above them if asked', () => {
    makeDirectory(root, '/a')
    expect(() => makeDirectory(root, '/a')).toThrow('it exists already')
    expect(() => makeDirectory(root, '/b/c')).toThrow('no such file')
    makeDirectory(root, '/b/c', { parents: true, mode: 0o700 })
    expect(statSync(at('b/c')).mode & 0o777).toBe(0o700)
  })

  test('a name is changed without following links, never over something, never into itself', () => {
    mkdirSync(at('from/sub'), { recursive: true })
    writeFileSync(at('from/file'), 'kept')
    symlinkSync('/etc', at('link'))
    renameEntry(root, '/from/file', '/from/sub/moved')
    expect(readFileSync(at('from/sub/moved'), 'utf8')).toBe('kept')
    renameEntry(root, '/link', '/other')
    expect(readlinkSync(at('other'))).toBe('/etc')
    expect(() => renameEntry(root, '/other', '/from/sub/moved')).toThrow(expect.objectContaining({ code: 'already-exists' }))
    expect(() => renameEntry(root, '/from', '/from/sub/deeper')).toThrow(expect.objectContaining({ code: 'invalid-argument', reason: 'into-itself' }))
    expect(() => renameEntry(root, '/', '/x')).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(() => renameEntry(root, '/gone', '/x')).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(readFileSync(at('from/sub/moved'), 'utf8')).toBe('kept')
  })

  test('an entry for the place itself is applied only if asked', async () => {
    mkdirSync(at('source'), { mode: 0o700 })
    chownSync(at('source'), 7, 8)
    chmodSync(at('source'), 0o1751)
    const archive = await take('/source', '.')
    for (const [name, itself] of [['plain', false], ['same', true]] as const) {
      mkdirSync(at(name), { mode: 0o755 })
      await put(archive, `/${name}`, { itself })
    }
    expect(statSync(at('plain')).mode & 0o7777).toBe(0o755)
    expect(statSync(at('same'))).toMatchObject({ uid: 7, gid: 8, mtimeMs: Math.floor(statSync(at('source')).mtimeMs / 1000) * 1000 })
    expect(statSync(at('same')).mode & 0o7777).toBe(0o1751)
  })

  test('a list says what people want to know', async () => {
    await putItems([{ path: 'f', content: 'four', mode: 0o600, uid: 9 }, link('l', 'f'), directory('d')])
    expect(await listDirectory(root, '/')).toMatchObject([{ name: 'd', kind: 'directory' }, { name: 'f', kind: 'file', size: 4, mode: 0o600, uid: 9, mtime: 1_700_000_000_000 }, { name: 'l', kind: 'symlink', target: 'f' }])
  })
})
