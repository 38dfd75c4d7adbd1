import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bootId } from '#base/boot-id.ts'
import type { ChainId } from '#shared/oci/digest.ts'
import type { Layers } from '../layers/layers.ts'
import { directory, tarOf, type Item } from '../layers/testing/tar-builder.ts'
import { createLayers } from '../layers/worker-layers.ts'
import { createMemoryMetadataStore } from '../metadata/memory-metadata-store.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import { openSnapshotter } from './open-snapshotter.ts'
import type { Snapshotter } from './snapshotter.ts'
import { hostWith } from './testing/test-host.ts'

const chain = (name: string) => `sha256:${createHash('sha256').update(name).digest('hex')}` as ChainId
const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8')

describe.each([
  ['overlay', 'overlay', false],
  ['overlay in a user namespace', 'overlay', true],
  ['copy', 'copy', false],
  ...(existsSync('/dev/fuse') && existsSync('/usr/bin/fuse-overlayfs') ? ([['fuse-overlayfs', 'fuse-overlayfs', false]] as const) : []),
] as const)('%s', (_name, storage, rootless) => {
  let folder: string
  let target: string
  let metadata: MetadataStore
  let layers: Layers
  let snapshots: Snapshotter
  const open = () => openSnapshotter({ root: join(folder, 'snapshots'), host: hostWith(storage, rootless), metadata, layers })

  beforeAll(() => void (layers = createLayers()))
  afterAll(() => layers[Symbol.asyncDispose]())
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'images-snapshots-'))
    target = join(folder, 'mnt')
    metadata = createMemoryMetadataStore()
    snapshots = await open()
  })
  afterEach(() => {
    while (mounts().includes(` ${target} `)) execFileSync('umount', ['-l', target])
    rmSync(folder, { recursive: true, force: true })
  })

  async function layer(name: string, parent: ChainId | undefined, items: Item[]): Promise<ChainId> {
    const file = join(folder, 'layer.tar')
    writeFileSync(file, tarOf(...items))
    await using draft = await snapshots.prepareLayer(parent)
    await layers.apply(file, draft.directory, { whiteouts: draft.whiteouts })
    await draft.commit(chain(name))
    return chain(name)
  }

  test('until it is flushed, a layer says of which boot its files are', async () => {
    const base = await layer('base', undefined, [{ path: 'a' }])
    await snapshots.prepare('step', base)
    await snapshots.commit('step', chain('made'))
    await snapshots.prepare('c', chain('made'))
    await using copy = await snapshots.copyChanges('c')
    await copy.commit(chain('copied'))
    const marks = () => metadata.collection<{ name: string; unflushed?: string }>('snapshots').list().map(({ name, unflushed }) => [name, unflushed])
    const names = ['c', base, chain('made'), chain('copied')]
    expect(new Map(marks() as [string, string][])).toEqual(new Map(names.map((name) => [name, name === 'c' ? undefined : bootId()])))
    await snapshots.usage({ chain: base })
    await snapshots.flush()
    expect(marks().every(([, mark]) => mark === undefined)).toBe(true)
    expect(marks()).toHaveLength(names.length)
  })

  test('one that a power cut may have torn is replaced when it is made again, unless somebody stands on it', async () => {
    const contents = async (chain: ChainId) => {
      await snapshots.mountView(chain, target)
      const text = readFileSync(join(target, 'a'), 'utf8')
      await snapshots.unmount(target)
      return text
    }
    await layer('step', undefined, [{ path: 'a', content: 'torn' }])
    await layer('copied', undefined, [{ path: 'a', content: 'torn' }])
    await layer('used', undefined, [{ path: 'a', content: 'torn' }])
    await snapshots.prepare('c', chain('used'))
    const records = metadata.collection<{ unflushed?: string; kind: string; name: string }>('snapshots')
    for (const record of records.list()) if (record.unflushed) records.put(`committed/${record.name}`, { ...record, unflushed: 'the boot before' })
    expect(snapshots.isUncertain(chain('step'))).toBe(true)
    await snapshots.prepare('again', undefined)
    await snapshots.mount('again', target)
    writeFileSync(join(target, 'a'), 'whole')
    await snapshots.unmount(target)
    await snapshots.commit('again', chain('step'))
    await layer('copied', undefined, [{ path: 'a', content: 'whole' }])
    await layer('used', undefined, [{ path: 'a', content: 'whole' }])
    expect(['step', 'copied', 'used', 'unknown'].map((name) => snapshots.isUncertain(chain(name)))).toEqual([false, false, true, false])
    expect([await contents(chain('step')), await contents(chain('copied')), await contents(chain('used'))]).toEqual(['whole', 'whole', 'torn'])
    const left = readdirSync(join(folder, 'snapshots')).filter((name) => /^[1-9]\d*$/.test(name))
    expect(left).toHaveLength(4)
  })

  test('layers stack, whiteouts hide, a container writes on top', async () => {
    const one = await layer('one', undefined, [{ ...directory('./'), mode: 0o711 }, directory('etc'), { path: 'etc/a', content: 'a' }, { path: 'gone', content: '' }, directory('d'), { path: 'd/old' }])
    const two = await layer('two', one, [{ ...directory('./'), mode: 0o711 }, directory('etc'), { path: 'etc/b', content: 'b' }, { path: '.wh.gone' }, directory('d'), { path: 'd/.wh..wh..opq' }, { path: 'd/new' }])
    await snapshots.prepare('c', two)
    await snapshots.mount('c', target)
    await snapshots.mount('c', target)
    expect(mounts().split(` ${target} `).length).toBe(2)
    expect([readdirSync(target).sort(), readdirSync(join(target, 'etc')), readdirSync(join(target, 'd'))]).toEqual([['d', 'etc'], ['a', 'b'], ['new']])
    expect(statSync(target).mode & 0o777).toBe(0o711)
    writeFileSync(join(target, 'etc/a'), 'changed')
    rmSync(join(target, 'etc/b'))
    await snapshots.unmount(target)
    await snapshots.unmount(target)
    expect(mounts()).not.toContain(` ${target} `)
    const paths = (await layers.changes(snapshots.changesOf({ key: 'c' }))).filter(({ path }) => path !== '/etc')
    expect(paths).toEqual([{ path: '/etc/a', kind: 'modified' }, { path: '/etc/b', kind: 'deleted' }])

    await snapshots.mount('c', target, { readOnly: true })
    expect([readFileSync(join(target, 'etc/a'), 'utf8'), readdirSync(join(target, 'etc')), readdirSync(join(target, 'd'))]).toEqual(['changed', ['a'], ['new']])
    expect(statSync(target).mode & 0o777).toBe(0o711)
    expect(() => writeFileSync(join(target, 'x'), '')).toThrow(/EROFS|read-only/)
    await snapshots.unmount(target)

    await snapshots.mountView(two, target)
    expect(readFileSync(join(target, 'etc/a'), 'utf8')).toBe('a')
    expect(() => writeFileSync(join(target, 'x'), '')).toThrow(/EROFS|read-only/)
    await snapshots.unmount(target)
  })

  test('what a snapshot changed can be frozen, as it is or as a copy', async () => {
    const one = await layer('base', undefined, [{ path: 'a', content: 'a' }])
    await snapshots.prepare('c', one)
    await snapshots.mount('c', target)
    writeFileSync(join(target, 'new'), 'n')
    {
      await using copy = await snapshots.copyChanges('c')
      await copy.commit(chain('copy'))
    }
    writeFileSync(join(target, 'later'), 'l')
    await snapshots.unmount(target)
    await snapshots.commit('c', chain('frozen'))
    expect([snapshots.hasActive('c'), snapshots.has(chain('copy')), snapshots.has(chain('frozen'))]).toEqual([false, true, true])
    await snapshots.mountView(chain('copy'), target)
    expect(readdirSync(target).sort()).toEqual(['a', 'new'])
    await snapshots.unmount(target)
    await snapshots.mountView(chain('frozen'), target)
    expect(readdirSync(target).sort()).toEqual(['a', 'later', 'new'])
  })

  test('removing goes from the top, and leaves no directory', async () => {
    const one = await layer('one', undefined, [{ path: 'a' }])
    const two = await layer('two', one, [{ path: 'b' }])
    await snapshots.prepare('c', two)
    await expect(snapshots.removeCommitted(one)).rejects.toMatchObject({ code: 'failed-precondition' })
    await expect(snapshots.removeCommitted(two)).rejects.toMatchObject({ code: 'failed-precondition' })
    await snapshots.remove('c')
    await snapshots.remove('c')
    await snapshots.removeCommitted(two)
    await snapshots.removeCommitted(one)
    expect(readdirSync(join(folder, 'snapshots')).filter((name) => name !== '0')).toEqual([])
  })

  test('a draft that is not committed leaves nothing; what a crash left is removed at open', async () => {
    const one = await layer('one', undefined, [{ path: 'kept' }])
    let lost: string
    {
      await using draft = await snapshots.prepareLayer(one)
      lost = draft.directory
    }
    expect(existsSync(lost)).toBe(false)
    const crashed = await snapshots.prepareLayer(one)
    snapshots = await open()
    expect(existsSync(crashed.directory)).toBe(false)
    expect(snapshots.listCommitted().map((one) => one.chain)).toEqual([one])
    await layer('two', one, [{ path: 'more' }])
    expect((await snapshots.usage({ chain: one })).inodes).toBe(2)
  })

  test('a snapshot that cannot be recorded leaves nothing', async () => {
    const one = await layer('one', undefined, [{ path: 'kept' }])
    const before = readdirSync(join(folder, 'snapshots'))
    const put = () => {
      throw new Error('the disk reports errors')
    }
    const records = metadata
    metadata = { ...records, collection: <Value>(name: string) => ({ ...records.collection<Value>(name), put }) }
    snapshots = await open()
    await expect(snapshots.prepare('lost', one)).rejects.toThrow('the disk reports errors')
    expect(readdirSync(join(folder, 'snapshots'))).toEqual(before)
  })

  test('a parent must be there; the same chain twice is one', async () => {
    if (snapshots.independent) {
      await using draft = await snapshots.prepareLayer(chain('absent'))
      await expect(draft.commit(chain('x'))).rejects.toMatchObject({ code: 'failed-precondition' })
    } else await expect(snapshots.prepareLayer(chain('absent'))).rejects.toMatchObject({ code: 'not-found' })
    await layer('one', undefined, [{ path: 'a' }])
    await layer('one', undefined, [{ path: 'a' }])
    expect(snapshots.listCommitted()).toHaveLength(1)
  })
})

test('an overlay of 300 layers mounts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'images-deep-'))
  const layers = createLayers()
  const target = join(folder, 'mnt')
  try {
    const snapshots = await openSnapshotter({ root: join(folder, 'snapshots'), host: hostWith('overlay'), metadata: createMemoryMetadataStore(), layers })
    let parent: ChainId | undefined
    for (let index = 0; index < 300; index++) {
      await using draft = await snapshots.prepareLayer(parent)
      writeFileSync(join(draft.directory, `f${index}`), '')
      chmodSync(draft.directory, 0o755)
      await draft.commit(chain(`deep ${index}`))
      parent = chain(`deep ${index}`)
    }
    await snapshots.prepare('c', parent)
    mkdirSync(target)
    await snapshots.mount('c', target)
    expect(readdirSync(target)).toHaveLength(300)
    await snapshots.unmount(target)
  } finally {
    await layers[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
})
