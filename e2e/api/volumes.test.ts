import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)
const docker = (...args: string[]) => stage.engine.docker(...args)
const shell = (volume: string, script: string) => ok('run', '--rm', '-v', volume, stage.busybox, 'sh', '-c', script)

test('a named volume outlives containers, is shared by them, and is not removed while used', async () => {
  expect(await ok('volume', 'create', '--label', 'a=b', 'named')).toBe('named')
  expect(await ok('volume', 'ls', '--filter', 'label=a=b', '--format', '{{.Name}} {{.Driver}}')).toBe('named local')
  await shell('named:/data', 'echo persist > /data/f')
  expect(await shell('named:/data', 'cat /data/f')).toBe('persist')
  await ok('run', '-d', '--name', 'user', '-v', 'named:/data', stage.busybox, 'sleep', '1000')
  await shell('named:/data', 'echo two > /data/g')
  expect(await ok('exec', 'user', 'cat', '/data/g')).toBe('two')
  expect((await docker('volume', 'rm', 'named')).output).toMatch(/volume is in use - \[[0-9a-f]{64}\]/)
  await ok('rm', '-f', 'user')
  expect(await ok('volume', 'inspect', '-f', '{{.Mountpoint}}', 'named')).toContain('named')
  await ok('volume', 'rm', 'named')
  expect((await docker('volume', 'rm', 'named')).code).toBe(1)
})

test('an anonymous volume goes with rm -v and with --rm', async () => {
  await ok('run', '-d', '--name', 'anonymous', '-v', '/anon', stage.busybox, 'sleep', '1000')
  expect(await ok('inspect', '-f', '{{range .Mounts}}{{.Type}} {{.Destination}} {{.Name}}{{end}}', 'anonymous')).toMatch(/^volume \/anon [0-9a-f]{64}$/)
  await ok('rm', '-fv', 'anonymous')
  await ok('run', '--rm', '-v', '/anon', stage.busybox, 'true')
  expect(await ok('volume', 'ls', '-q')).toBe('')
})

test('a new volume takes what the image has there, with --mount nocopy it does not', async () => {
  expect(await ok('run', '--rm', '-v', 'seeded:/etc', stage.busybox, 'ls', '/etc')).toContain('passwd')
  expect(await ok('run', '--rm', '--mount', 'type=volume,src=bare,dst=/etc,volume-nocopy', stage.busybox, 'ls', '/etc')).not.toContain('passwd')
  await ok('volume', 'rm', 'seeded', 'bare')
})

test('binds: a folder, one file, read-only, and what is missing', async () => {
  const folder = join(stage.folder, 'bound')
  await mkdir(folder)
  await Promise.all([chmod(stage.folder, 0o755), writeFile(join(folder, 'f'), 'fromhost\n')])
  expect(await shell(`${folder}:/h`, 'cat /h/f')).toBe('fromhost')
  expect((await docker('run', '--rm', '-v', `${folder}/f:/f:ro`, stage.busybox, 'sh', '-c', 'echo x > /f')).output).toContain('Read-only')
  expect((await docker('run', '--rm', '--mount', `type=bind,src=${folder}/none,dst=/x`, stage.busybox, 'true')).output).toContain('bind source path does not exist')
  expect(await ok('inspect', '-f', '{{json .HostConfig.Binds}}', await ok('create', '-v', `${folder}:/h:ro`, stage.busybox, 'true'))).toBe(`["${folder}:/h:ro"]`)
})

test('--volumes-from', async () => {
  await ok('create', '--name', 'source', '-v', 'shared:/s', stage.busybox, 'true')
  await ok('run', '--rm', '--volumes-from', 'source', stage.busybox, 'sh', '-c', 'echo via > /s/f')
  expect(await shell('shared:/s', 'cat /s/f')).toBe('via')
})

test('prune takes anonymous ones, with --all the rest', async () => {
  await ok('container', 'prune', '-f')
  await ok('volume', 'create', 'kept')
  await ok('volume', 'create')
  await ok('volume', 'prune', '-f')
  expect((await ok('volume', 'ls', '-q')).split('\n')).toEqual(['kept', 'shared'])
  await ok('volume', 'prune', '-af')
  expect(await ok('volume', 'ls', '-q')).toBe('')
})
