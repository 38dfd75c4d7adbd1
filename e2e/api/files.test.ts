import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)
const docker = (...args: string[]) => stage.engine.docker(...args)

test('diff, cp in and out, cp of a folder, cp through a pipe', async () => {
  const folder = join(stage.folder, 'cp')
  await mkdir(join(folder, 'tree/sub'), { recursive: true })
  await writeFile(join(folder, 'f'), 'payload\n')
  await writeFile(join(folder, 'tree/sub/g'), 'deep\n')
  await ok('run', '-d', '--name', 'files', stage.busybox, 'sleep', '1000')
  await ok('exec', 'files', 'sh', '-c', 'echo x > /tmp/new; rm -f /etc/passwd')
  expect((await ok('diff', 'files')).split('\n').sort()).toEqual(['A /tmp/new', 'C /etc', 'C /tmp', 'D /etc/passwd'])
  await ok('cp', join(folder, 'f'), 'files:/tmp/f')
  await ok('cp', join(folder, 'tree'), 'files:/tmp/copied')
  expect(await ok('exec', 'files', 'cat', '/tmp/f', '/tmp/copied/sub/g')).toBe('payload\ndeep')
  await ok('cp', 'files:/tmp/copied', folder)
  expect((await run('cat', [join(folder, 'copied/sub/g')])).stdout).toBe('deep\n')
  expect((await run('sh', ['-c', `docker -H unix://${stage.engine.socket} cp files:/tmp/f - | tar xO`])).stdout).toBe('payload\n')
  expect((await docker('cp', 'files:/no/such', folder)).output).toContain('Could not find the file /no/such in container files')
  await ok('rm', '-f', 'files')
})

test('cp before the first start into the working folder, which the image lacks, and out of what is mounted when it has ended', async () => {
  await writeFile(join(stage.folder, 'early'), 'early\n')
  await ok('create', '--name', 'furnished', '--hostname', 'box.example', '-w', '/made/for/it/', stage.busybox, 'cat', 'early')
  await ok('cp', join(stage.folder, 'early'), 'furnished:/made/for/it')
  expect(await ok('start', '-a', 'furnished')).toBe('early')
  expect(await ok('inspect', '-f', '{{.Config.WorkingDir}}', 'furnished')).toBe('/made/for/it')
  const { stdout } = await run('sh', ['-c', `docker -H unix://${stage.engine.socket} cp furnished:/etc/hosts - | tar xO`])
  expect(stdout).toMatch(/\tbox\.example box\n/)
  expect(await ok('diff', 'furnished')).not.toContain('/etc/hosts')
  await ok('rm', 'furnished')
})

test('commit, export and import', async () => {
  const archive = join(stage.folder, 'exported.tar')
  await ok('run', '--name', 'made', stage.busybox, 'sh', '-c', 'echo kept > /kept')
  await ok('commit', '-m', 'said', '-a', 'who', '-c', 'ENV ADDED=yes', '-c', 'CMD ["cat","/kept"]', 'made', 'made/img:v1')
  expect(await ok('run', '--rm', 'made/img:v1')).toBe('kept')
  expect(await ok('inspect', '-f', '{{.Comment}} {{.Author}} {{join .Config.Env " "}}', 'made/img:v1')).toBe('said who PATH=/bin:/usr/bin ADDED=yes')
  await ok('export', '-o', archive, 'made')
  await run('gzip', ['-f', archive])
  await ok('import', `${archive}.gz`, 'made/imp:v1')
  expect(await ok('run', '--rm', 'made/imp:v1', '/bin/cat', '/kept')).toBe('kept')
  expect(await ok('inspect', '-f', '{{len .RootFS.Layers}}', 'made/imp:v1')).toBe('1')
  await ok('rm', 'made')
  await ok('rmi', 'made/img:v1', 'made/imp:v1')
})
