import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { tarOf } from '../../core/layers/testing/tar-builder.ts'
import { createLayers } from '../../core/layers/worker-layers.ts'
import { createMemoryMetadataStore } from '../../core/metadata/memory-metadata-store.ts'
import { createKeptContexts, type ClientFolder, type FolderListing, type KeptContexts, type KeptFolder } from './kept-contexts.ts'

const layers = createLayers()
const folders: string[] = []
afterAll(async () => {
  await layers[Symbol.asyncDispose]()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const HOUR = 3600_000
let place: string
let clock: number
let metadata: ReturnType<typeof createMemoryMetadataStore>
let contexts: KeptContexts
const signal = new AbortController().signal
const root = () => join(place, 'contexts')

async function start() {
  contexts = createKeptContexts({ root: root(), temporary: join(place, 'tmp'), layers, metadata, now: () => clock })
  await contexts.restore()
}
beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'slipway-contexts-'))
  folders.push(place)
  await mkdir(join(place, 'tmp'))
  clock = Date.parse('2026-01-01')
  metadata = createMemoryMetadataStore()
  await start()
})

interface Client extends ClientFolder {
  files: Record<string, string>
  /** What was asked for: the paths known before, and those that were sent. */
  asked: { since: string[]; sent: string[] }[]
  cut?: boolean
}

function client(key: string | undefined, files: Record<string, string>): Client {
  return {
    key,
    files: { ...files },
    asked: [],
    async changes(since: FolderListing) {
      const listing = new Map(Object.entries(this.files))
      const sent = [...listing].filter(([path, content]) => since.get(path) !== content)
      const gone = [...since.keys()].filter((path) => !listing.has(path))
      this.asked.push({ since: [...since.keys()], sent: sent.map(([path]) => path) })
      const tar = tarOf(...gone.map((path) => ({ path: `.wh.${path}` })), ...sent.map(([path, content]) => ({ path, content })))
      const size = [...listing.values()].reduce((sum, content) => sum + content.length, 0)
      return { listing, size, content: sent.length + gone.length === 0 ? undefined : { archive: Readable.from([this.cut ? tar.subarray(0, 515) : tar]) } }
    },
  }
}

const filesIn = (folder: string) => Object.fromEntries(readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
async function built(source: Client, look: (opened: KeptFolder) => void = () => {}) {
  await using opened = await contexts.open(source, signal)
  look(opened)
  return filesIn(opened.folder)
}

test('only what has changed is asked for, and what went is gone; another start of the engine makes no difference', async () => {
  const source = client('a', { one: '1', two: '2', three: '3' })
  expect(await built(source)).toEqual({ one: '1', two: '2', three: '3' })
  await start()
  source.files = { one: '1', two: 'other', four: '4' }
  expect(await built(source)).toEqual({ four: '4', one: '1', two: 'other' })
  expect(await built(source)).toEqual({ four: '4', one: '1', two: 'other' })
  expect(source.asked.map(({ sent }) => sent)).toEqual([['one', 'two', 'three'], ['two', 'four'], []])
  expect(contexts.list()).toMatchObject([{ usageCount: 3, size: 7, inUse: false }])
})

test('what files hold is known when they have come, for as long as they are listed as they were', async () => {
  const source = client('a', { one: '1', two: '2' })
  const digest = Buffer.alloc(32, 7)
  await built(source, ({ folder, digests }) => {
    for (const name of ['one', 'two', 'unlisted']) digests?.put(join(folder, name), digest)
  })
  source.files['two'] = 'other'
  const found = await new Promise((resolve) => void built(source, ({ folder, digests }) => resolve(['one', 'two', 'unlisted'].map((name) => digests?.find(join(folder, name))))))
  expect(found).toEqual([digest, createHash('sha256').update('other').digest(), undefined])
})

test('what a COPY has read is remembered for as long as nothing is listed otherwise', async () => {
  const source = client('a', { one: '1' })
  await built(source, ({ digests }) => digests?.putCopy('["."]', { digest: 'd', what: 'file' }))
  const known = () => new Promise((resolve) => void built(source, ({ digests }) => resolve(digests?.findCopy('["."]'))))
  expect(await known()).toEqual({ digest: 'd', what: 'file' })
  await start()
  expect(await known()).toEqual({ digest: 'd', what: 'file' })
  source.files['two'] = '2'
  expect(await known()).toBeUndefined()
})

test('builds share a folder that is as it was; one that finds changes has a copy of its own and leaves it as it is', async () => {
  const source = client('a', { one: '1' })
  const first = await contexts.open(source, signal)
  const same = await contexts.open(source, signal)
  expect(same.folder).toBe(first.folder)
  source.files['one'] = 'changed'
  const other = await contexts.open(source, signal)
  expect([filesIn(first.folder), filesIn(other.folder)]).toEqual([{ one: '1' }, { one: 'changed' }])
  await contexts.remove(contexts.list()[0]?.name ?? '')
  expect(filesIn(first.folder)).toEqual({ one: '1' })
  for (const each of [first, same, other]) await each[Symbol.asyncDispose]()
  expect(existsSync(other.folder)).toBe(false)
  expect(await built(source)).toEqual({ one: 'changed' })
})

test('a build that waits for the transfer of another can be cancelled meanwhile, and the other goes on', async () => {
  const gate = Promise.withResolvers<void>()
  const slow: ClientFolder = { ...client('a', { one: '1' }), changes: (since) => gate.promise.then(() => client('a', { one: '1' }).changes(since)) }
  const first = contexts.open(slow, signal)
  const leaving = new AbortController()
  const second = contexts.open(client('a', { one: '1' }), leaving.signal)
  leaving.abort()
  await expect(second).rejects.toMatchObject({ code: 'cancelled' })
  gate.resolve()
  await using opened = await first
  expect(filesIn(opened.folder)).toEqual({ one: '1' })
})

test('what was cut off is begun anew', async () => {
  const source = client('a', { one: '1', two: '2' })
  await built(source)
  source.files['one'] = 'changed'
  source.cut = true
  await expect(built(source)).rejects.toThrow()
  expect([readdirSync(root()), contexts.list()]).toEqual([[], []])
  source.cut = false
  expect(await built(source)).toEqual({ one: 'changed', two: '2' })
  // As an engine that is killed while the tree is changed leaves it.
  const [name = ''] = readdirSync(root())
  rmSync(join(root(), name, 'state.json'))
  await start()
  expect(await built(source)).toEqual({ one: 'changed', two: '2' })
  expect(source.asked.at(-1)).toEqual({ since: [], sent: ['one', 'two'] })
})

test('one without a key is gone when its build ends', async () => {
  let folder = ''
  expect(await built(client(undefined, { one: '1' }), (opened) => (folder = opened.folder))).toEqual({ one: '1' })
  expect([existsSync(folder), contexts.list()]).toEqual([false, []])
})

test('what was not used for two days goes when another is built, and what has no record at the start', async () => {
  await built(client('old', { one: '1' }))
  clock += 24 * HOUR
  await built(client('newer', { one: '1' }))
  expect(contexts.list()).toHaveLength(2)
  clock += 25 * HOUR
  await built(client('newest', { one: '1' }))
  expect(contexts.list()).toHaveLength(2)
  await mkdir(join(root(), 'stray'))
  await start()
  expect(readdirSync(root()).toSorted()).toEqual(contexts.list().map(({ name }) => name).toSorted())
})
