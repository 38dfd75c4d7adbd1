import { execFile } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { names, observe } from './observe.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

test('a build whose engine is killed in the middle of a RUN step with mounts leaves nothing behind, and builds again', async () => {
  const { engine, busybox, folder } = stage
  const work = join(folder, 'cut')
  await mkdir(work)
  await writeFile(join(work, 'file'), 'from the context\n')
  // It waits for a file that a cache mount may hold: the test says when.
  const dockerfile = `FROM ${busybox}
RUN --mount=type=cache,target=/cache --mount=type=bind,from=${busybox},target=/other,readonly=false --mount=type=bind,target=/context \\
  touch /cache/reached && while [ ! -e /cache/go ]; do sleep 0.05; done; cat /context/file > /made`
  await writeFile(join(work, 'Dockerfile'), dockerfile)
  const before = await observe(engine)
  const caches = join(engine.dataRoot, 'build-cache')
  const cacheFiles = async () => (await readdir(caches, { recursive: true }).catch(() => [])).map((path) => path.split('/').at(-1))

  const cut = execFile('docker', ['-H', `unix://${engine.socket}`, 'build', '-t', 'cut', work], { env: { ...process.env, DOCKER_BUILDKIT: '0' } }, () => {})
  await expect.poll(cacheFiles, { timeout: 30_000 }).toContain('reached')
  await engine.kill('SIGKILL')
  cut.kill('SIGKILL')
  await engine.start()
  expect(await names(join(engine.dataRoot, 'tmp'))).toEqual([])
  expect(await names(join(engine.runRoot, 'build'))).toEqual([])
  await expect.poll(() => observe(engine), { timeout: 10_000 }).toEqual(before)

  const reached = (await readdir(caches, { recursive: true })).find((path) => path.endsWith('/reached'))!
  await writeFile(join(caches, reached, '../go'), '')
  await engine.ok('build', '-t', 'cut', work)
  expect(await engine.ok('run', '--rm', 'cut', 'cat', '/made')).toBe('from the context')
})
