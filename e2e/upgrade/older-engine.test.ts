import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { observe } from '../faults/observe.ts'
import { startTestEngine, type TestEngine } from '../fixtures/engine.ts'
import { startTestRegistry } from '../fixtures/registry.ts'
import { fill, tell } from './contents.ts'

/** `main.ts` of another checkout's engine (`npm run upgrade -- COMMIT`); without it an engine of this one is what is upgraded from. */
const entry = process.env.SLIPWAY_OLDER_ENGINE

const stack = new AsyncDisposableStack()
let engine: TestEngine
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-upgrade-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  engine = stack.use(await startTestEngine({ ...(entry !== undefined && { entry }) }))
  await fill(engine, stack.use(await startTestRegistry()), folder)
})
afterAll(() => stack.disposeAsync())

const ok = (...args: string[]) => engine.ok(...args)
const pids = () => ok('inspect', '-f', '{{.Name}} {{.State.Pid}} {{.State.StartedAt}}', 'site', 'clerk', 'heir')
const kernel = async () => {
  const { shims, mounts, namespaces, bridges, veths, ports } = await observe(engine)
  return { shims, mounts, namespaces, bridges, veths, ports }
}
const page = async () => {
  const port = (await ok('port', 'site', '8080')).split(':')[1]
  return await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text(), String)
}

test('what runs under an older engine runs on under this one, and nothing about it changes', async () => {
  await ok('run', '-d', '--rm', '--name', 'passing', '-v', '/bin/busybox:/bin/busybox:ro', 'letters:1', 'sleep', '1000')
  await ok('exec', '-d', 'clerk', 'sleep', '1000')
  const before = { told: await tell(engine), pids: await pids(), kernel: await kernel() }
  await engine.kill()
  await engine.start()
  expect({ told: await tell(engine), pids: await pids(), kernel: await kernel() }).toEqual(before)
  expect(await page()).toBe('a page\n')
  expect(await ok('exec', 'clerk', 'nslookup', 'page')).toContain('10.201.7.77')
  expect(await ok('top', 'clerk')).toContain('sleep 1000')
})

test('and is stopped, started, restarted and removed by it', async () => {
  await ok('rm', '-f', 'passing')
  await ok('start', 'idle')
  for (const verb of ['restart', 'stop', 'start']) await ok(verb, 'site', 'clerk', 'heir')
  await expect.poll(page).toBe('a page\n')
  expect(await ok('exec', 'clerk', 'cat', '/kept', '/letters/first')).toBe('kept\ndear')
  await ok('rm', '-f', ...(await ok('ps', '-aq')).split('\n'))
  await ok('network', 'rm', 'lane', 'yard')
  expect(await observe(engine)).toMatchObject({ shims: [], mounts: [], namespaces: [], veths: 0, ports: [], dataFolders: [] })
})
