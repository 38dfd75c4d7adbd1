import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MIGRATIONS } from '../../src/main/engine/core/metadata/migrate.ts'
import { differences } from '../faults/check.ts'
import { observe } from '../faults/observe.ts'
import { startTestEngine, type TestEngine } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { tell, unpackTree, writeContext, type Told } from './contents.ts'

const KEPT = join(import.meta.dirname, 'data-roots')
const SCHEMAS = MIGRATIONS.map((_migration, index) => index + 1)

test('of every schema a data root is kept, as an engine of its time left it', async () => {
  expect((await readdir(KEPT)).sort()).toEqual(SCHEMAS.flatMap((schema) => [`schema-${schema}.json`, `schema-${schema}.tar.gz`]).sort())
})

describe.each(SCHEMAS)('the data root that an engine of schema %i left', (schema) => {
  let engine: TestEngine
  let folder: string
  let told: Told
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-earlier-'))
    told = JSON.parse(await readFile(join(KEPT, `schema-${schema}.json`), 'utf8')) as Told
    engine = await startTestEngine({
      prepare: async (dataRoot) => {
        await mkdir(dataRoot, { mode: 0o711 })
        await unpackTree(join(KEPT, `schema-${schema}.tar.gz`), dataRoot)
        return new AsyncDisposableStack()
      },
    })
  })
  afterAll(async () => {
    await engine?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })
  const ok = (...args: string[]) => engine.ok(...args)

  test('holds everything it held, field by field, and nothing is wrong with it', async () => {
    expect(await tell(engine)).toMatchObject(told)
    expect((await differences(engine, [])).filter((sentence) => !/^(containers|networks) nobody made/.test(sentence))).toEqual([])
    expect((await callRaw(engine.socket, 'POST', '/slipway/doctor')).json()).toMatchObject({ Findings: [], Checked: { Containers: 5, Volumes: 2 } })
    expect(existsSync(join(engine.dataRoot, `slipway.db.schema-${schema}`))).toBe(schema < MIGRATIONS.length)
  })

  test('runs what its policy wants, and has the logs and the history of then', async () => {
    await expect.poll(() => ok('ps', '-a', '--format', '{{.Names}} {{.State}}').then((text) => text.split('\n').sort())).toEqual(['clerk exited', 'ended exited', 'heir exited', 'idle created', 'site running'])
    const port = (await ok('port', 'site', '8080')).split(':')[1]
    await expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text()).catch(String)).toBe('a page\n')
    expect((await engine.docker('logs', 'ended')).output.split('\n').sort()).toEqual(['', 'err', 'out'])
    expect(await ok('logs', 'clerk')).toBe('ready')
    expect(await ok('events', '--since', '1', '--until', '0s', '--filter', 'event=commit', '--format', '{{.Actor.Attributes.name}}')).toBe('ended')
  })

  test('has containers that start and find their files, their volumes and one another', async () => {
    await ok('start', 'clerk', 'heir')
    expect(await ok('exec', 'clerk', 'cat', '/kept', '/letters/first')).toBe('kept\ndear')
    expect(await ok('exec', 'heir', 'cat', '/seed/grain')).toBe('grain')
    expect(await ok('exec', 'clerk', 'nslookup', 'page')).toContain('10.201.7.77')
    expect(await ok('diff', 'ended')).toMatch(/^A \/made$/m)
    expect(await ok('diff', 'ended')).toMatch(/^D \/srv\/old$/m)
  })

  test('has images that containers are made of, and layers that builds go on from', async () => {
    const files = (image: string) => ok('run', '--rm', '-v', '/bin/busybox:/bin/busybox:ro', image, 'ls', '/srv')
    expect(await files('letters:1')).toBe('index.html\nold')
    expect(await files('committed:1')).toBe('index.html')
    await ok('build', '-q', '-t', 'built:2', await writeContext(folder))
    expect(await ok('inspect', '-f', '{{json .RootFS}}', 'built:2')).toBe(await ok('inspect', '-f', '{{json .RootFS}}', 'built:1'))
    await ok('save', '-o', join(folder, 'saved.tar'), 'letters:1', 'built:1', 'committed:1')
  })

  test('can be emptied, and nothing stays', async () => {
    await ok('rm', '-f', ...(await ok('ps', '-aq')).split('\n'))
    await ok('system', 'prune', '-af', '--volumes')
    await ok('volume', 'prune', '-af')
    expect([await ok('images', '-aq'), await ok('volume', 'ls', '-q'), await ok('network', 'ls', '-qf', 'type=custom')]).toEqual(['', '', ''])
    expect(await readdir(join(engine.dataRoot, 'content/blobs/sha256'))).toEqual([])
    expect(await observe(engine)).toMatchObject({ shims: [], mounts: [], namespaces: [], veths: 0, ports: [], dataFolders: [], snapshots: ['0'] })
  })
})
