import { chownSync, closeSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path/posix'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isEngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import { TreeWriter } from '../files/tree-writer.ts'
import { loadSyscalls } from '../host/syscalls.ts'
import { LayerTree } from './apply-layer.ts'
import { fromText } from './byte-path.ts'
import type { ListedEntry, WhiteoutForm } from './layers.ts'
import { TarReader, type TarHandler } from './tar-reader.ts'
import { tarOf, type Item } from './testing/tar-builder.ts'
import { createLayers } from './worker-layers.ts'

/**
 * Archives that nobody would make, one after another in the same tree, by the two that write archives to disk: whatever stands beside the tree stays
 * as it was, down to link counts, so that nothing outside was written, removed or taken in. More: SLIPWAY_FUZZ_RUNS.
 */
const RUNS = Number(process.env['SLIPWAY_FUZZ_RUNS'] ?? 300)
const SEED = Number(process.env['SLIPWAY_FUZZ_SEED'] ?? 1)

let work: string
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'slipway-layers-fuzz-'))))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const outside = () => join(work, 'outside')
const tree = () => join(work, 'tree')

/** Few words, so that entries meet one another, and most of them harmless, or nothing would come after the first refusal; `OUT` is put in when the place is known. */
const word = fc.oneof({ weight: 12, arbitrary: fc.constantFrom('a', 'b', 'c', 'kept', 'folder') }, { weight: 1, arbitrary: fc.constantFrom('..', '.', '', 'outside', '.wh.a', '.wh.b', '.wh.kept', '.wh.', '.wh..', '.wh...', '.wh..wh..opq', '.wh..wh.x', 'OUT') })
const path = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('/'))
const linkPath = fc.oneof(path, fc.constantFrom('OUT', 'OUT/kept', 'OUT/folder', '../outside', '../../outside/kept', '/', '.', 'a', '/a/b', '/proc/self/cwd'))
const type = fc.constantFrom('file', 'file', 'directory', 'directory', 'symlink', 'symlink', 'link', 'link', 'fifo', 'char')
const item = fc.record({ path, linkPath, type, mode: fc.constantFrom(0o644, 0o4755, 0o000, 0o2777), content: fc.constantFrom('', 'changed') })
const archives = fc.array(fc.array(item, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 3 })

const archiveOf = (items: readonly { path: string; linkPath: string; type: string; mode: number; content: string }[]): Buffer =>
  tarOf(...items.map(({ content, ...rest }) => ({ ...rest, path: rest.path.replaceAll('OUT', outside()), linkPath: rest.linkPath.replaceAll('OUT', outside()), ...(rest.type === 'file' && { content }) }) as Item))

/** Everything about what stands beside the tree. */
function beside(): unknown {
  const lookAt = (place: string): unknown[] => {
    const { mode, nlink, uid, gid, mtimeMs, size } = lstatSync(place)
    const below = lstatSync(place).isDirectory() ? readdirSync(place).sort().map((name) => lookAt(join(place, name))) : [lstatSync(place).isSymbolicLink() ? readlinkSync(place) : readFileSync(place, 'utf8')]
    return [place, mode, nlink, uid, gid, mtimeMs, size, below]
  }
  return [readdirSync(work).sort(), lookAt(outside())]
}

function setUp(): void {
  for (const folder of [outside(), tree()]) rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(outside(), 'folder'), { recursive: true })
  for (const file of ['kept', 'a', 'folder/b']) writeFileSync(join(outside(), file), 'kept')
  mkdirSync(tree())
}

/** @throws whatever is neither a refusal in words nor the kernel's. */
function replay(handler: TarHandler & { abandon(): unknown }, archive: Buffer): boolean {
  try {
    const reader = new TarReader(handler)
    reader.write(archive)
    reader.end()
    return true
  } catch (error) {
    handler.abandon()
    if (isEngineError(error) ? error.code !== 'internal' : errnoOf(error) !== undefined) return false
    throw error
  }
}

test.each(['overlay', 'remove'] satisfies WhiteoutForm[])('layers, whiteouts as %s: nothing beside the tree is touched', { timeout: 60_000 + RUNS * 200 }, (whiteouts) => {
  let whole = 0
  fc.assert(fc.property(archives, (layers) => {
    setUp()
    const before = beside()
    for (const items of layers) {
      const layer = new LayerTree(tree(), { whiteouts, syscalls: loadSyscalls(), fileLimit: 1 << 20, inUserNamespace: false })
      if (!replay(layer, archiveOf(items))) break
      layer.finish()
      whole++
    }
    expect(beside()).toEqual(before)
  }), { numRuns: RUNS, seed: SEED })
  expect(whole).toBeGreaterThan(RUNS / 10)
})

test('copies into a container: nothing beside the tree is touched', { timeout: 60_000 + RUNS * 200 }, async () => {
  let whole = 0
  await fc.assert(fc.asyncProperty(archives, async (all) => {
    setUp()
    const before = beside()
    const descriptor = openSync(tree(), constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      for (const items of all) {
        const writer = new TreeWriter({ descriptor, syscalls: loadSyscalls() }, '/', { inUserNamespace: false })
        if (!replay(writer, archiveOf(items))) break
        await writer.finish()
        whole++
      }
    } finally {
      closeSync(descriptor)
    }
    expect(beside()).toEqual(before)
  }), { numRuns: RUNS, seed: SEED })
  expect(whole).toBeGreaterThan(RUNS / 10)
})

const name = fc.constantFrom('a', 'a-b', 'a.b', 'b', 'c', 'C', 'naïve', `${'long'.repeat(30)}`, '.wh.a', 'a\\b')
const attributes = { mode: fc.constantFrom(0o644, 0o755, 0o4711, 0o2775, 0o1777, 0o000), uid: fc.constantFrom(0, 7, 3_000_000), gid: fc.constantFrom(0, 8, 3_000_000), mtime: fc.constantFrom(0, 1_700_000_000, 2 ** 31 + 5, -7) }
const listedEntry = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/')), type: fc.constantFrom('directory', 'file', 'content', 'symlink', 'noted', 'linked'), ...attributes })

/** A source for each kind of entry. */
function makeSources(): Record<string, Pick<ListedEntry, 'type' | 'source' | 'content' | 'linked'>> {
  const sources = join(work, 'sources')
  mkdirSync(sources)
  for (const file of ['file', 'noted']) writeFileSync(join(sources, file), file.repeat(3000))
  loadSyscalls().setXattr(join(sources, 'noted'), 'user.note', Buffer.from('v'))
  symlinkSync('../else/where', join(sources, 'symlink'))
  return { directory: { type: 'directory' }, content: { type: 'file', content: Buffer.from('text') }, file: { type: 'file', source: join(sources, 'file') }, noted: { type: 'file', source: join(sources, 'noted') }, linked: { type: 'file', source: join(sources, 'noted'), linked: 'one' }, symlink: { type: 'symlink', source: join(sources, 'symlink') } }
}

test('what a copy says of its layer is what measuring it would', { timeout: 60_000 + RUNS * 200 }, async () => {
  const sources = makeSources()
  const [target, below] = [join(work, 'target'), join(work, 'below')]
  mkdirSync(join(below, 'a/b'), { recursive: true })
  chownSync(join(below, 'a'), 5, 6)
  utimesSync(join(below, 'a'), 1_600_000_000.5, 1_600_000_000.5)
  let certain = 0
  await using layers = createLayers()
  await fc.assert(fc.asyncProperty(fc.uniqueArray(listedEntry, { selector: ({ path }) => path, minLength: 1, maxLength: 12 }), async (entries) => {
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target)
    const types = new Map(entries.map(({ path, type }) => [path, type]))
    const isFolder = (path: string): boolean => (types.has(path) ? types.get(path) === 'directory' : existsSync(join(below, path)))
    const listed = entries.filter(({ path }) => path.split('/').every((_, index, names) => index === 0 || isFolder(names.slice(0, index).join('/'))))
    const { layer } = await layers.copy(listed.map(({ type, path, ...rest }) => ({ ...rest, ...(type === 'symlink' && { mode: 0o777 }), ...sources[type]!, path: fromText(path) })), target, { whiteouts: 'overlay', below: [below] })
    if (!layer) return
    certain++
    expect(layer).toEqual(await layers.measure({ directory: target, form: 'overlay' }))
  }), { numRuns: RUNS, seed: SEED })
  expect(certain).toBeGreaterThan(RUNS / 5)
})

const place = (path: string) => path.replaceAll('/', '\0')
const plainItem = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')), type: fc.constantFrom('directory', 'directory', 'file', 'file', 'link', 'link', 'symlink'), linkPath: fc.constantFrom('a', 'a/b', 'b', './a-b/', '/a.b'), content: fc.constantFrom('', 'text', 'x'.repeat(2000)), noted: fc.boolean(), ...attributes, mtime: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(0, 1_700_000_000, 1.5) }, { weight: 1, arbitrary: fc.constantFrom(2 ** 31 + 5, -7) }) })
type PlainItem = typeof plainItem extends fc.Arbitrary<infer Value> ? Value : never

/** As a walk finds them, with the folders on the way, and links only to files before them. */
function asWalked(items: readonly PlainItem[]): PlainItem[] {
  const all = new Map(items.map((item) => [item.path, item]))
  for (const item of items) for (let above = dirname(item.path); above !== '.'; above = dirname(above)) all.set(above, { ...(all.get(above) ?? item), path: above, type: 'directory' })
  const sorted = [...all.values()].sort((a, b) => (place(a.path) < place(b.path) ? -1 : 1))
  const before = new Set<string>()
  return sorted.map((item) => {
    const type = item.type === 'link' && !before.has(normalize(`/${item.linkPath}`).replace(/\/$/, '')) ? 'file' : item.type
    if (type === 'file') before.add(`/${item.path}`)
    return { ...item, type }
  })
}

test('what is said of an archive that becomes a layer is what measuring it would', { timeout: 60_000 + RUNS * 200 }, async () => {
  const target = join(work, 'taken')
  let certain = 0
  await using layers = createLayers()
  await fc.assert(fc.asyncProperty(fc.array(plainItem, { minLength: 1, maxLength: 12 }), fc.integer({ min: 0, max: 7 }), async (items, tidy) => {
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target)
    const archive = tarOf(...(tidy > 0 ? asWalked(items) : items).map(({ type, content, noted, mode, path, ...rest }) => ({ ...rest, path: fromText(path), type, mode: type === 'symlink' ? 0o777 : mode, ...(type === 'file' && { content }), ...(noted && type !== 'link' && { xattrs: new Map([['user.note', Buffer.from('v')], ['trusted.other', Buffer.from('w')]]) }) }) as Item))
    const taken = await layers.take(Readable.from([archive]), target, { whiteouts: 'overlay' }).catch((error: unknown) => void (isEngineError(error) || expect.fail(String(error))))
    if (!taken?.layer) return
    certain++
    expect(taken.layer).toEqual(await layers.measure({ directory: target, form: 'overlay' }))
  }), { numRuns: RUNS, seed: SEED })
  expect(certain).toBeGreaterThan(RUNS / 8)
})
