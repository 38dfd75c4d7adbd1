import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { bzip2, xz } from './testing/compressors.ts'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ImageId } from '#shared/oci/digest.ts'
import { directory, link, tarOf } from '../../core/layers/testing/tar-builder.ts'
import { startMemoryRegistry, type MemoryRegistry, type TestImage } from './testing/memory-registry.ts'
import { startTestImages, type TestImages } from './testing/test-images.ts'

let registry: MemoryRegistry
let here: TestImages
let open: AsyncDisposableStack
let web: TestImage
beforeEach(async () => {
  open = new AsyncDisposableStack()
  registry = open.use(await startMemoryRegistry())
  here = open.use(await startTestImages())
  web = registry.image('web', '1', [[directory('etc'), { path: 'etc/a', content: 'a' }], [{ path: 'b', content: 'bb' }]], { config: { Labels: { kind: 'test' }, Cmd: ['sh'] } })
  await here.images.pull(web.name)
  here.events.length = 0
})
afterEach(() => open.disposeAsync())

const tags = async (filters: Record<string, string[]> = {}) => (await here.images.list({ filters })).flatMap((image) => image.tags).sort()

/** A container writes something, and that becomes an image on top of web. */
async function commit(path: string, content: string, names: string[] = [], keep = false) {
  const parent = await here.images.resolve(web.name)
  await here.snapshots.prepare(`c-${path}`, parent.chain)
  const target = join(here.folder, 'c')
  await here.snapshots.mount(`c-${path}`, target)
  writeFileSync(join(target, path), content)
  if (!keep) await here.snapshots.unmount(target)
  const layer = await here.images.commitLayer(`c-${path}`, { parent: parent.chain, keep })
  if (keep) await here.snapshots.unmount(target)
  const rootfs = { type: 'layers' as const, diff_ids: [...parent.config.rootfs.diff_ids, layer.diffId] }
  return here.images.create({ config: { ...parent.config, created: '2026-06-01T00:00:00Z', rootfs, history: [...(parent.config.history ?? []), { created_by: path }] }, parent: parent.id, names })
}

describe('looking', () => {
  test('inspect, history, prefixes', async () => {
    const details = await here.images.inspect(web.name)
    expect(details).toMatchObject({ id: web.config.digest, tags: [web.name], digests: [`${registry.host}/web@${web.manifest.digest}`], size: 3, graphDriver: { name: 'overlay2' } })
    expect(Object.keys(details.graphDriver.values)).toEqual(['LowerDir', 'UpperDir', 'WorkDir'])
    expect((await here.images.history(web.name)).map(({ created_by, size, tags }) => [created_by, size, tags])).toEqual([['layer 1', 2, [web.name]], ['layer 0', 1, []]])
    for (const name of [web.config.digest, web.config.digest.slice(7), web.config.digest.slice(7, 19), web.config.digest.slice(0, 12)]) expect((await here.images.resolve(name)).id).toBe(web.config.digest)
    await expect(here.images.resolve('nosuch')).rejects.toThrow('No such image: nosuch:latest')
  })

  test('layers, base first, and what each brings and takes away', async () => {
    const lines = async (name: string, index: number) => (await buffer(here.images.layerEntries(name, index))).toString().trim().split('\n').map((line) => JSON.parse(line) as object)
    const changed = registry.image('web', '2', [[directory('etc'), { path: 'etc/a', content: 'a' }, { path: 'etc/hard', content: 'abc' }, link('etc/again', 'etc/hard', 'link')], [directory('etc'), { path: 'etc/.wh.a' }, { path: 'etc/new', content: 'four' }, link('etc/way', 'new'), directory('srv'), { path: 'srv/.wh..wh..opq' }]])
    await here.images.pull(changed.name)
    expect((await here.images.layers(changed.name)).map(({ size, step }) => [size, step?.created_by])).toEqual([[4, 'layer 0'], [4, 'layer 1']])
    const base = await lines(changed.name, 0)
    expect(base).toMatchObject([{ path: '/etc', type: 'directory' }, { path: '/etc/a', type: 'file', size: 1 }, { path: '/etc/again', type: 'file', size: 3 }, { path: '/etc/hard', type: 'file', size: 0 }])
    expect(await lines(changed.name, 1)).toMatchObject([
      { path: '/etc', type: 'directory' },
      { path: '/etc/a', type: 'deleted' },
      { path: '/etc/new', type: 'file', size: 4 },
      { path: '/etc/way', type: 'symlink', target: 'new' },
      { path: '/srv', type: 'directory', opaque: true },
    ])
    expect(() => here.images.layerEntries(changed.name, 2)).toThrow('has 2 layers: there is no layer 2')
  })

  test('names are in the order of their full form', async () => {
    for (const name of ['zz/a:1', 'other:x', 'b.test/web:1']) await here.images.tag(web.name, name)
    expect((await here.images.inspect(web.name)).tags.filter((name) => name !== web.name)).toEqual(['b.test/web:1', 'other:x', 'zz/a:1'])
  })

  test('filters', async () => {
    await here.images.tag(web.name, 'other:x')
    const newer = await commit('n', 'n')
    expect(await tags({ reference: ['other'] })).toEqual(['other:x'])
    expect(await tags({ reference: ['*/web:1'] })).toEqual([web.name])
    expect(await tags({ label: ['kind=test'] })).toEqual([web.name, 'other:x'].sort())
    expect(await tags({ label: ['kind=no'] })).toEqual([])
    expect((await here.images.list({ filters: { dangling: ['true'] } })).map(({ id }) => id)).toEqual([newer])
    expect((await here.images.list({ filters: { since: [web.name] } })).map(({ id }) => id)).toEqual([newer])
    expect(await tags({ before: [newer] })).toEqual([web.name, 'other:x'].sort())
    expect(await tags({ until: ['1h', '2026-06-01T00:00:00Z'] })).toEqual([web.name, 'other:x'].sort())
    await expect(here.images.list({ filters: { nonsense: ['1'] } })).rejects.toThrow("invalid filter 'nonsense'")
    expect((await here.images.list({ sharedSize: true })).map(({ sharedSize }) => sharedSize)).toEqual([3, 3])
  })
})

describe('removing', () => {
  test('an image that a build stands on does not go with the last one built on it', async () => {
    const step = await commit('step', 'made')
    const { config } = await here.images.resolve(step)
    const built = await here.images.create({ config: { ...config, created: '2026-06-02T00:00:00Z' }, parent: step, names: ['built:1'] })
    const lease = here.leases.open('build')
    expect((await here.images.ensure(step, { lease })).id).toBe(step)
    const next = await here.images.create({ config: { ...config, created: '2026-06-03T00:00:00Z' }, parent: step, lease })
    await here.images.prune()
    expect((await here.images.resolve(next)).id).toBe(next)
    await here.images.remove(next, { force: true })
    await here.images.remove(built, { force: true })
    expect((await here.images.resolve(step)).config).toEqual(config)
    lease[Symbol.dispose]()
    expect((await here.images.prune()).steps.flatMap((step) => ('deleted' in step ? step.deleted : []))).toContain(step)
  })

  test('a name, then the image with its layers', async () => {
    await here.images.tag(web.name, 'other')
    expect(await here.images.remove('other')).toEqual([{ untagged: 'other:latest' }])
    const steps = await here.images.remove(web.name)
    expect(steps.slice(0, 3)).toEqual([{ untagged: web.name }, { untagged: `${registry.host}/web@${web.manifest.digest}` }, { deleted: web.config.digest }])
    expect(steps).toHaveLength(5)
    expect([here.snapshots.listCommitted(), await here.blobs()]).toEqual([[], 0])
    // Of the digest that went with its tag nobody is told, as by Docker.
    expect(here.events.map(({ action }) => action)).toEqual(['tag', 'untag', 'untag', 'delete'])
  })

  test('what is used is refused in Docker’s words', async () => {
    const id = web.config.digest.slice(7, 19)
    here.uses.set(web.config.digest, [{ id: 'c'.repeat(64), running: false }])
    await expect(here.images.remove(web.name)).rejects.toThrow(`conflict: unable to remove repository reference "${web.name}" (must force) - container cccccccccccc is using its referenced image ${id}`)
    await expect(here.images.remove(id)).rejects.toThrow(`conflict: unable to delete ${id} (must be forced) - image is being used by stopped container cccccccccccc`)
    here.uses.set(web.config.digest, [{ id: 'c'.repeat(64), running: true }])
    await expect(here.images.remove(id, { force: true })).rejects.toThrow(`conflict: unable to delete ${id} (cannot be forced) - image is being used by running container cccccccccccc`)
    here.uses.clear()
    const child = await commit('n', 'n', ['child'])
    await expect(here.images.remove(id, { force: true })).rejects.toThrow('image has dependent child images')
    await here.images.tag('child', 'more')
    await expect(here.images.remove(child)).rejects.toThrow('(must be forced) - image is referenced in multiple repositories')
    expect((await here.images.remove(child, { force: true })).filter((step) => 'deleted' in step)).toHaveLength(2)
    expect(await tags()).toEqual([web.name])
  })

  test('of images that may go, those stay that have a name, that others are built on, that a container or a build uses', async () => {
    const ids = await Promise.all(['named', 'used', 'held', 'free'].map(async (text) => await here.images.create({ config: { ...(await here.images.resolve(web.name)).config, author: text }, parent: web.config.digest, ...(text === 'named' && { names: ['named'] }) })))
    const [named, used, held, free] = ids as [ImageId, ImageId, ImageId, ImageId]
    const child = await here.images.create({ config: { ...(await here.images.resolve(web.name)).config, author: 'child' }, parent: free })
    here.uses.set(used, [{ id: 'c', running: false }])
    const lease = here.leases.open('build')
    lease.hold(held)
    await here.images.removeUnused([free, ...ids])
    expect(ids.map((id) => here.images.idOf(id))).toEqual(ids)
    await here.images.removeUnused([free, child])
    expect([child, ...ids].map((id) => here.images.idOf(id))).toEqual([undefined, named, used, held, undefined])
    here.uses.clear()
    lease[Symbol.dispose]()
    await here.images.removeUnused(ids)
    expect(ids.map((id) => here.images.idOf(id))).toEqual([named, undefined, undefined, undefined])
  })

  test('prune takes what nothing uses', async () => {
    await commit('n', 'nnnn')
    const first = await here.images.prune()
    expect([first.steps.length, first.reclaimed]).toEqual([2, 4])
    expect(await tags()).toEqual([web.name])
    here.uses.set(web.config.digest, [{ id: 'c', running: false }])
    expect((await here.images.prune({ dangling: ['false'] })).steps).toEqual([])
    here.uses.clear()
    expect((await here.images.prune({ dangling: ['false'] })).reclaimed).toBe(3)
    expect([here.snapshots.listCommitted(), await here.blobs()]).toEqual([[], 0])
  })
})

describe('pushing', () => {
  const pushed = async (name: string) => {
    const told: string[] = []
    await here.images.push(name, { onProgress: ({ id, status, aux }) => told.push(aux ? JSON.stringify(aux) : id ? `${id.length}: ${status}` : status) })
    return told
  }

  test('what was pulled goes back unchanged, mounted where it can be', async () => {
    const target = `${registry.host}/copy:2`
    await here.images.tag(web.name, target)
    const told = await pushed(target)
    expect(told).toContain('12: Mounted from web')
    expect(told.at(-1)).toBe(JSON.stringify({ Tag: '2', Digest: web.manifest.digest, Size: web.manifest.size }))
    expect(await pushed(target)).toContain('12: Layer already exists')
    expect((await here.images.inspect(target)).digests).toContain(`${registry.host}/copy@${web.manifest.digest}`)
  })

  test.each([false, true])('what was made here (container goes on: %s) comes back the same elsewhere', async (keep) => {
    const name = `${registry.host}/made:1`
    await commit('new', 'made here', [name], keep)
    expect(await pushed(name)).toContain('12: Pushed')
    await using elsewhere = await startTestImages('copy')
    const { id } = await elsewhere.images.pull(name)
    expect(id).toBe((await here.images.resolve(name)).id)
    expect(await elsewhere.files(name)).toEqual({ b: 'bb', 'etc/a': 'a', new: 'made here' })
    await elsewhere.images.tag(name, `${registry.host}/again:1`)
    await elsewhere.images.push(`${registry.host}/again:1`)
  })

  test('a name that is not here, and every tag', async () => {
    await expect(pushed(`${registry.host}/none:1`)).rejects.toThrow(`An image does not exist locally with the tag: ${registry.host}/none`)
    for (const tag of ['a', 'b']) await here.images.tag(web.name, `${registry.host}/all:${tag}`)
    await here.images.push(`${registry.host}/all`, { allTags: true })
    expect([...registry.manifests.keys()].filter((key) => key.startsWith('all:') && !key.includes('sha256'))).toEqual(['all:a', 'all:b'])
  })
})

describe('archives', () => {
  test('an archive may leave out layers that are here already, and only those', async () => {
    await using elsewhere = await startTestImages()
    const base = registry.image('base', '1', [[directory('etc'), { path: 'etc/a', content: 'a' }]])
    await here.images.pull(base.name)
    const whole = await buffer(await here.images.save([web.name]))
    const [row] = await here.images.layers(web.name)
    const thin = execFileSync('tar', ['--delete', '-f', '-', `blobs/sha256/${row!.blob.slice(7)}`], { input: whole })
    expect(thin.length).toBeLessThan(whole.length)
    await expect(elsewhere.images.load(Readable.from([thin]))).rejects.toMatchObject({ reason: 'invalid-archive' })
    await elsewhere.images.load(await here.images.save([base.name]))
    expect((await elsewhere.images.load(Readable.from([thin])))[0]).toMatchObject({ id: web.config.digest })
    expect((await elsewhere.images.layers(web.name)).map(({ diffId }) => diffId)).toEqual((await here.images.layers(web.name)).map(({ diffId }) => diffId))
  })

  test('save and load keep names, layers and digests', async () => {
    await commit('new', 'x', ['made:1'])
    await here.images.tag(web.name, 'web:same')
    const archive = await buffer(await here.images.save([web.name, 'web:same', 'made:1']))
    const listed = execFileSync('tar', ['-tf', '-'], { input: archive }).toString().split('\n')
    expect(listed).toEqual(expect.arrayContaining(['oci-layout', 'index.json', 'manifest.json']))
    for (const form of [archive, gzipSync(archive), zstdCompressSync(archive), xz(archive), bzip2(archive)]) {
      await using elsewhere = await startTestImages()
      const loaded = await elsewhere.images.load(Readable.from([form.subarray(0, 3), form.subarray(3)]))
      expect(loaded.map(({ names }) => names)).toEqual([[web.name, 'web:same'], ['made:1']])
      expect(await elsewhere.files('made:1')).toEqual({ b: 'bb', 'etc/a': 'a', new: 'x' })
      expect((await elsewhere.images.inspect('web:same')).descriptor?.digest).toBe(web.manifest.digest)
    }
  })

  test('an image that is not whole is refused in words before the first byte', async () => {
    const other = registry.image('damaged', '1', [[{ path: 'x', content: 'x'.repeat(2000) }], [{ path: '.wh.y' }]], { compress: (tar) => gzipSync(tar, { level: 1 }) })
    await here.images.pull(other.name)
    const [layer] = other.layers
    const path = here.content.pathOf(layer!.digest)
    const whole = readFileSync(path)
    const refusal = (part: string) => expect(here.images.save([other.name])).rejects.toMatchObject({ code: 'data-loss', reason: 'image-damaged', message: `image ${other.name} cannot be saved: ${part}` })
    for (const damaged of [whole.subarray(0, 20), Buffer.from(whole).fill(0, 20, 30)]) {
      writeFileSync(path, damaged)
      // What its files give again is as good.
      expect((await buffer(await here.images.save([other.name]))).includes('x'.repeat(2000))).toBe(true)
      expect(here.content.has(layer!.digest)).toBe(false)
    }
    const [top] = here.snapshots.layerDirectories((await here.images.resolve(other.name)).chain!).toReversed()
    writeFileSync(join(top!, 'x'), 'changed')
    await refusal(`its layer ${layer!.digest.slice(7, 19)} is damaged or missing`)
    for (const content of [whole, Buffer.from(whole).fill(0, 20, 30), whole]) {
      writeFileSync(path, content)
      if (content === whole) await buffer(await here.images.save([other.name]))
      else await refusal(`its layer ${layer!.digest.slice(7, 19)} is damaged or missing`)
    }
    for (const damage of [() => writeFileSync(here.content.pathOf(other.config.digest), 'damaged'), () => here.content.remove(other.config.digest)]) {
      await damage()
      await refusal('its configuration is damaged or missing')
    }
  })

  test('files that become a layer are saved and loaded as they are; on the same image they are the same layer, wherever and whenever', async () => {
    const file = join(here.folder, 'source')
    writeFileSync(file, 'content')
    const entry = { type: 'file', mode: 0o640, uid: 7, gid: 8, mtime: 1_700_000_000, source: file } as const
    const files = [{ ...entry, path: 'etc/new' }, { ...entry, path: 'usr', type: 'directory', source: undefined }, { ...entry, path: 'usr/text', source: undefined, content: Buffer.from('text') }] as const
    const add = async ({ images }: typeof here, tag: string) => {
      const parent = await images.resolve(web.name)
      const layer = await images.addFiles(files.map(({ source, ...rest }) => ({ ...rest, ...(source && { source }) })), { parent: parent.chain })
      return images.create({ config: { ...parent.config, rootfs: { type: 'layers', diff_ids: [...parent.config.rootfs.diff_ids, layer.diffId] } }, names: [tag] })
    }
    const id = await add(here, 'files:1')
    await using elsewhere = await startTestImages()
    await elsewhere.images.pull(web.name)
    expect(await add(elsewhere, 'files:2')).toBe(id)
    await using third = await startTestImages()
    await third.images.load(await here.images.save(['files:1']))
    expect(await third.files('files:1')).toEqual({ b: 'bb', 'etc/a': 'a', 'etc/new': 'content', 'usr/text': 'text' })
    expect((await here.images.layers('files:1')).at(-1)).toMatchObject({ size: 11 })
    const [top] = here.snapshots.layerDirectories((await here.images.resolve('files:1')).chain!)
    expect(statSync(join(top!, 'etc')).mtimeMs).toBe(1_700_000_000_000)
  })

  test('what an archive names by its digest and is here is not written again, unless the disk has damaged it', async () => {
    const archive = await buffer(await here.images.save([web.name]))
    const layer = (await here.images.layers(web.name))[0]!.blob as Parameters<typeof here.content.pathOf>[0]
    const { ino } = statSync(here.content.pathOf(layer))
    await here.images.load(Readable.from([archive]))
    expect(statSync(here.content.pathOf(layer)).ino).toBe(ino)
    const whole = readFileSync(here.content.pathOf(layer))
    writeFileSync(here.content.pathOf(layer), Buffer.alloc(whole.length))
    await here.images.load(Readable.from([archive]))
    expect(readFileSync(here.content.pathOf(layer)).equals(whole)).toBe(true)
  })

  test('skopeo reads what we save, and we what it writes', async () => {
    const file = join(here.folder, 'saved.tar')
    writeFileSync(file, await buffer(await here.images.save([web.name])))
    const out = join(here.folder, 'out.tar')
    execFileSync('skopeo', ['--insecure-policy', 'copy', '-q', `docker-archive:${file}`, `docker-archive:${out}:again:1`])
    const layout = join(here.folder, 'layout.tar')
    execFileSync('skopeo', ['--insecure-policy', 'copy', '-q', `oci-archive:${file}:1`, `oci-archive:${layout}:named.example/x:1`])
    await using elsewhere = await startTestImages()
    expect((await elsewhere.images.load(Readable.from([readFileSync(out)])))[0]!.names).toEqual(['again:1'])
    expect((await elsewhere.images.load(Readable.from([readFileSync(layout)])))[0]!.names).toEqual(['named.example/x:1'])
    expect(await elsewhere.files('again:1')).toEqual({ b: 'bb', 'etc/a': 'a' })
  })

  test('what loads under the name of another image says whose it was', async () => {
    const archive = await buffer(await here.images.save([web.name]))
    const other = await commit('other', 'x', ['other:1'])
    await here.images.tag('other:1', web.name)
    const load = async () => (await here.images.load(Readable.from([archive])))[0]!.taken
    expect([await load(), await load()]).toEqual([[{ name: web.name, from: other }], []])
  })

  test('an image without layers, whose lists Go writes as null', async () => {
    const config = { path: 'c.json', content: JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: null } }) }
    const [loaded] = await here.images.load(Readable.from([tarOf({ path: 'manifest.json', content: JSON.stringify([{ Config: 'c.json', Layers: null, RepoTags: null }]) }, config)]))
    expect(await here.images.inspect(loaded!.id)).toMatchObject({ tags: [], size: 0 })
  })

  test('hostile and broken archives are refused and leave nothing', async () => {
    await using elsewhere = await startTestImages()
    const entry = (value: unknown) => ({ path: 'manifest.json', content: JSON.stringify(value) })
    const config = { path: 'c.json', content: JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [`sha256:${'1'.repeat(64)}`] } }) }
    const deep = { path: 'c.json', content: `{"os":"linux","rootfs":{"type":"layers","diff_ids":[]},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}` }
    const archives = [
      tarOf(entry([{ Config: 'c.json', Layers: [], RepoTags: null }]), deep),
      tarOf(link('manifest.json', '/etc/passwd')),
      tarOf(link('manifest.json', '../../../../etc/passwd')),
      tarOf({ path: '../manifest.json', content: '[]' }),
      tarOf(entry([{ Config: '../../etc/passwd', Layers: [], RepoTags: null }])),
      tarOf(entry([{ Config: 'c.json', Layers: ['../x'], RepoTags: null }]), config),
      tarOf(entry([{ Config: 'c.json', Layers: ['c.json'], RepoTags: ['x:1'] }]), config),
      tarOf(entry({})),
      tarOf({ path: 'manifest.json', content: 'not JSON' }),
      tarOf({ path: 'manifest.json', content: Buffer.alloc(9_000_000, 32) }),
      tarOf(),
      Buffer.from('not a tar at all'.repeat(100)),
      tarOf(entry([])).subarray(0, 513),
    ]
    for (const archive of archives) await expect(elsewhere.images.load(Readable.from([archive]))).rejects.toMatchObject({ name: 'EngineError' })
    expect([await elsewhere.images.list({ all: true }), elsewhere.snapshots.listCommitted(), await elsewhere.blobs()]).toEqual([[], [], 0])
  })

  test('import makes one layer of any archive, with changes', async () => {
    const tar = tarOf(directory('bin'), { path: 'bin/x', content: 'x', mode: 0o755 })
    for (const form of [tar, gzipSync(tar), zstdCompressSync(tar), xz(tar), bzip2(tar)]) {
      const id = await here.images.import(Readable.from([form]), { name: 'imp:1', message: 'hello', changes: ['CMD ["x"]', 'ENV A=b C="d e"', 'EXPOSE 80', 'LABEL a=b'] })
      expect((await here.images.inspect(id)).config).toMatchObject({ comment: 'hello', config: { Cmd: ['x'], Env: ['A=b', 'C=d e'], ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' } } })
      expect(await here.files('imp:1')).toEqual({ 'bin/x': 'x' })
    }
    await expect(here.images.import(Readable.from([tar]), { changes: ['RUN x'] })).rejects.toThrow('RUN is not a valid change command')
    await expect(here.images.import(Readable.from([tarOf({ path: '../x' })]))).rejects.toMatchObject({ code: 'invalid-argument' })
  })
})
