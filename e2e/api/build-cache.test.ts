import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
let counter = 0
beforeAll(async () => {
  stage = await setStage()
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

interface Entry {
  ID: string
  Parent?: string
  Type: string
  Description: string
  InUse: boolean
  Shared: boolean
  Size: number
  CreatedAt: string
  LastUsedAt: string | null
  UsageCount: number
}
const entries = async () => (await callRaw(stage.engine.socket, 'GET', '/v1.45/system/df?type=build-cache')).json<{ BuildCache: Entry[] }>()
const unshared = (cache: Entry[]) => cache.reduce((sum, { Size, Shared }) => sum + (Shared ? 0 : Size), 0)
const prune = (query = '') => callRaw(stage.engine.socket, 'POST', `/v1.45/build/prune${query}`)
const filtered = (filters: Record<string, string[]>) => `?all=1&filters=${encodeURIComponent(JSON.stringify(filters))}`

async function build(dockerfile: string, ...options: string[]) {
  const folder = join(stage.folder, `cache-${counter++}`)
  await mkdir(folder)
  await writeFile(join(folder, 'Dockerfile'), `FROM ${stage.busybox}\n${dockerfile}`)
  return stage.engine.docker('build', ...options, folder)
}

test('a step is a record: what it did, on what, how big, how often used, whether an image shares it', async () => {
  await build('RUN head -c 5000 /dev/zero > /kept\nLABEL a=b\n', '-t', 'kept')
  await build('RUN head -c 5000 /dev/zero > /kept\nLABEL a=b\n', '-t', 'kept')
  const { BuildCache } = await entries()
  const run = BuildCache.find(({ Description }) => Description.includes('/kept'))!
  const label = BuildCache.find(({ Description }) => Description.endsWith('LABEL a=b'))!
  expect(run).toMatchObject({ Type: 'regular', InUse: false, Shared: true, Size: 5000, UsageCount: 2 })
  expect(label).toMatchObject({ Parent: run.ID, Size: 0, UsageCount: 2 })
  expect(Date.parse(run.LastUsedAt!)).toBeGreaterThanOrEqual(Date.parse(run.CreatedAt))
  expect(await stage.engine.ok('system', 'df', '-v')).toContain(run.ID.slice(0, 12))
})

test('prune takes what no image shares, with all everything; steps of a failed build and cache mounts give their bytes back', async () => {
  expect((await build('RUN --mount=type=cache,target=/c head -c 9000 /dev/zero > /c/x\nRUN head -c 7000 /dev/zero > /lost\nRUN exit 1\n')).code).toBe(1)
  const { BuildCache } = await entries()
  const mount = BuildCache.find(({ Type }) => Type === 'exec.cachemount')!
  expect(mount).toMatchObject({ Description: 'cached mount /c', Shared: false })
  expect(mount.Size).toBeGreaterThanOrEqual(9000)
  const size = unshared(BuildCache)
  expect(size).toBe(7000 + mount.Size)

  expect((await prune(filtered({ type: ['exec.cachemount'], 'unused-for': ['24h'] }))).json()).toEqual({ CachesDeleted: null, SpaceReclaimed: 0 })
  expect((await prune(`?keep-storage=${size}`)).json()).toEqual({ CachesDeleted: null, SpaceReclaimed: 0 })
  expect((await prune(filtered({ id: [mount.ID] }))).json()).toEqual({ CachesDeleted: [mount.ID], SpaceReclaimed: mount.Size })
  expect((await prune()).json<{ SpaceReclaimed: number }>().SpaceReclaimed).toBe(7000)
  expect(unshared((await entries()).BuildCache)).toBe(0)
  expect((await build('RUN head -c 5000 /dev/zero > /kept\n')).stdout).toContain('Using cache')
  expect((await prune('?all=1')).json<{ CachesDeleted: string[] }>().CachesDeleted.length).toBeGreaterThanOrEqual(2)
  expect((await entries()).BuildCache).toEqual([])
  expect(await stage.engine.ok('run', '--rm', 'kept', 'ls', '/kept')).toBe('/kept')
  expect((await build('RUN head -c 5000 /dev/zero > /kept\n')).stdout).not.toContain('Using cache')
})

test('what prune is asked has to make sense', async () => {
  for (const [query, message] of [
    [filtered({ foo: ['x'] }), "invalid filter 'foo'"],
    [filtered({ until: ['yesterday'] }), '"until" filter expects a duration'],
    [filtered({ shared: ['perhaps'] }), "invalid filter 'shared=perhaps'"],
    ['?keep-storage=x', 'keep-storage is in bytes and expects an integer, got x'],
  ] as const) {
    const answer = await prune(query)
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(message.replaceAll('"', '\\"'))])
  }
})

test('the output of an error is red, a quiet build speaks only when it fails, --label is a step', async () => {
  expect((await build('RUN echo oops >&2\n', '--no-cache')).stdout).toContain('\u001b[91moops\n\u001b[0m')
  expect((await build('RUN exit 7\n', '-q')).output).toMatch(/Step 2\/2 : RUN exit 7[\s\S]*returned a non-zero code: 7/)
  expect((await build('', '--label', 'q="$HOME"', '-t', 'labelled')).stdout).toContain('Step 2/2 : LABEL q="$HOME"')
  expect(await stage.engine.ok('inspect', '-f', '{{.Config.Labels.q}}', 'labelled')).toBe('"$HOME"')
  expect((await build('RUN echo \\\n\n one\n')).stdout).toContain('[WARNING]: Empty continuation line found in: RUN echo  one')
  expect((await build('RUN true\n', '-t', 'nothing')).code).toBe(0)
  expect(await stage.engine.ok('inspect', '-f', '{{len .RootFS.Layers}}', 'nothing')).toBe(await stage.engine.ok('inspect', '-f', '{{len .RootFS.Layers}}', stage.busybox))
})
