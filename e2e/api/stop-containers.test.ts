import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage({ extraArguments: ['--stop-containers'] })))
afterAll(async () => stage?.[Symbol.asyncDispose]())

test('an engine told to stop its containers leaves nothing in the kernel, and the next one makes it again', async () => {
  const { engine, web, busybox } = stage
  const links = async () => (await run('ip', ['-o', 'link'])).stdout
  await engine.ok('network', 'create', '-o', 'com.docker.network.bridge.name=sw-e2e-own', 'own')
  await engine.ok('run', '-d', '--name', 'site', '--restart', 'unless-stopped', '--network', 'own', '--stop-timeout', '1', `${web}:1.0`)
  const defaultBridge = await engine.ok('network', 'inspect', '-f', '{{index .Options "com.docker.network.bridge.name"}}', 'bridge')
  expect(await links()).toContain('sw-e2e-own')
  await engine.kill('SIGTERM')
  expect((await links()).split(/[\s:@]+/)).not.toEqual(expect.arrayContaining([expect.stringMatching(`^(sw-e2e-own|${defaultBridge})$`)]))
  expect((await run('nft', ['list', 'tables'])).stdout).not.toMatch(new RegExp(` ${defaultBridge}$`, 'm'))
  await engine.start()
  await expect.poll(() => engine.ok('ps', '--format', '{{.Names}} {{.State}}')).toBe('site running')
  expect(await engine.ok('run', '--rm', '--network', 'own', busybox, 'wget', '-qO-', 'http://site:8080/')).toBe('web 1.0')
})
