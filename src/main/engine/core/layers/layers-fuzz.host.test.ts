import { closeSync, constants, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isEngineError } from '#shared/errors.ts'
import { errnoOf } from '#base/system-error.ts'
import { TreeWriter } from '../files/tree-writer.ts'
import { loadSyscalls } from '../host/syscalls.ts'
import { LayerTree } from './apply-layer.ts'
import type { WhiteoutForm } from './layers.ts'
import { TarReader, type TarHandler } from './tar-reader.ts'
import { tarOf, type Item } from './testing/tar-builder.ts'

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
