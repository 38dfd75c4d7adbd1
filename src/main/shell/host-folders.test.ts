import { createServer } from 'node:net'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describePath, listFolder } from './host-folders.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-folders-'))
  await mkdir(join(folder, 'site/assets'), { recursive: true })
  await mkdir(join(folder, 'Shop'))
  for (const name of ['b10.txt', 'b9.txt', 'site/Dockerfile', 'site/compose.yaml', 'images.tar.gz', 'docker-compose.prod.yml', 'web.Dockerfile']) await writeFile(join(folder, name), '')
  await symlink('site', join(folder, 'alias'))
  await symlink('nowhere', join(folder, 'dangling'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('folders first, then files, as a person orders them; links are what they lead to, dangling ones are not there', async () => {
  const { path, parent, entries, shortened } = await listFolder({ path: folder })
  expect({ path, parent, shortened }).toEqual({ path: folder, parent: dirname(folder), shortened: false })
  expect(entries.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['folder alias', 'folder Shop', 'folder site', 'file b9.txt', 'file b10.txt', 'file docker-compose.prod.yml', 'file images.tar.gz', 'file web.Dockerfile'])
})

test('begins at home, and knows the top', async () => {
  expect((await listFolder({})).path).toBe(homedir())
  expect((await listFolder({ path: '~' })).path).toBe(homedir())
  expect(await listFolder({ path: '/' })).not.toHaveProperty('parent')
})

test('what is not there, and what is no folder, is said', async () => {
  await expect(listFolder({ path: join(folder, 'nope') })).rejects.toMatchObject({ code: 'not-found', field: 'path' })
  await expect(listFolder({ path: join(folder, 'b9.txt') })).rejects.toMatchObject({ code: 'invalid-argument', reason: 'not-a-folder' })
})

test.each([
  ['site', 'folder', ['build', 'compose']],
  ['alias', 'folder', ['build', 'compose']],
  ['Shop', 'folder', []],
  ['web.Dockerfile', 'file', ['build']],
  ['docker-compose.prod.yml', 'file', ['compose']],
  ['images.tar.gz', 'file', ['archive']],
  ['b9.txt', 'file', []],
])('%s is a %s for %j', async (name, kind, suits) => {
  expect(await describePath({ path: join(folder, name) })).toEqual({ path: join(folder, name), folder: dirname(join(folder, name)), kind, suits })
})

test('a socket is neither', async () => {
  const path = join(folder, 'socket')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  await expect(describePath({ path })).rejects.toMatchObject({ code: 'invalid-argument' })
  expect((await listFolder({ path: folder })).entries.map(({ name }) => name)).not.toContain('socket')
  await new Promise((resolve) => server.close(resolve))
})
