import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage({ pull: false })))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)
const docker = (...args: string[]) => stage.engine.docker(...args)
const api = (method: string, path: string, body?: unknown) => callRaw(stage.engine.socket, method, path, body)
/** An image of one more layer; returns its id. */
const build = async (command: string, ...options: string[]) => (await run('docker', ['-H', `unix://${stage.engine.socket}`, 'build', '-q', ...options, '-'], { input: `FROM ${stage.busybox}\nRUN ${command}\n` })).stdout.trim()

test('pull: a tag, a shared layer only once, all tags, a digest, and what is not there', async () => {
  expect(await ok('pull', `${stage.web}:1.0`)).toMatch(/Digest: sha256:[0-9a-f]{64}\nStatus: Downloaded newer image for .*web:1\.0/)
  expect(await ok('pull', `${stage.web}:1.1`)).toContain('Already exists')
  expect(await ok('pull', `${stage.web}:1.1`)).toContain('Status: Image is up to date')
  await ok('pull', '-q', stage.busybox)
  await ok('pull', '-q', '-a', `${stage.registry.host}/busybox`)
  expect((await ok('images', `${stage.registry.host}/busybox`, '--format', '{{.Tag}}')).split('\n').sort()).toEqual(['1.0', 'latest'])
  const [digest = ''] = JSON.parse(await ok('inspect', '-f', '{{json .RepoDigests}}', `${stage.web}:1.0`)) as string[]
  expect(await ok('pull', '-q', digest)).toBe(digest)
  expect((await docker('pull', `${stage.web}:nope`)).output).toMatch(/manifest (for .* not found|unknown)/)
  expect((await docker('pull', 'UPPER')).output).toContain('invalid reference format')
})

test('the tags of a repository at its registry, as one looks for them', async () => {
  expect((await api('GET', `/slipway/images/tags?name=${stage.registry.host}/busybox`)).json()).toEqual({ Tags: ['latest', '1.0'], Total: 2 })
  expect((await api('GET', `/slipway/images/tags?name=${stage.registry.host}/busybox&limit=1`)).json()).toEqual({ Tags: ['latest'], Total: 2 })
  expect((await api('GET', `/slipway/images/tags?name=${stage.registry.host}/none`)).status).toBe(404)
  expect((await api('GET', '/slipway/images/tags')).status).toBe(400)
})

test('a pull that cannot begin answers with a status, not with a stream', async () => {
  expect((await api('POST', `/images/create?fromImage=${stage.registry.host}/web&tag=nope`)).status).toBe(404)
  expect((await api('POST', `/images/create?fromImage=${stage.registry.host}/none&tag=1`)).status).toBe(404)
})

test('images: list, filters, history, inspect by id, prefix and name', async () => {
  expect(await ok('images', '--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=${stage.web}:*.1`)).toBe(`${stage.web}:1.1`)
  expect(await ok('history', '--format', '{{.CreatedBy}}', `${stage.web}:1.0`)).toBe('layer 1\nlayer 0')
  const id = await ok('inspect', '-f', '{{.Id}}', `${stage.web}:1.0`)
  for (const name of [id, id.slice(7), id.slice(7, 19)]) expect(await ok('inspect', '-f', '{{.Id}}', name)).toBe(id)
  expect(await ok('inspect', '-f', '{{json .Config.ExposedPorts}}', `${stage.web}:1.0`)).toBe('{"8080/tcp":{}}')
  expect((await docker('inspect', '--type', 'image', 'nope')).output).toContain('No such image: nope')
})

test('inspect shows older clients what they read', async () => {
  const older = (await api('GET', `/v1.43/images/${stage.busybox}/json`)).json()
  expect(older).toMatchObject({ Container: '', ContainerConfig: { Volumes: null }, VirtualSize: older['Size'] })
  const newest = (await api('GET', `/v1.50/images/${stage.busybox}/json`)).json()
  expect(newest).not.toHaveProperty('VirtualSize')
  expect(newest['ContainerConfig']).toMatchObject({ Volumes: null })
})

test('tag, untag, and an image that a container uses', async () => {
  await ok('tag', stage.busybox, 'mine:1')
  await ok('tag', stage.busybox, 'mine:2')
  expect(await ok('rmi', 'mine:1')).toBe('Untagged: mine:1')
  await ok('create', '--name', 'user', 'mine:2', 'true')
  expect((await docker('rmi', await ok('inspect', '-f', '{{.Image}}', 'user'))).output).toMatch(/unable to (delete|remove)/)
  await ok('tag', `${stage.web}:1.0`, 'solo:1')
  await ok('rmi', 'solo:1', 'mine:2')
  await ok('rm', 'user')
  expect((await docker('rmi', 'nope')).output).toContain('No such image: nope')
})

test('an image whose only name a container uses is kept, with force its name goes', async () => {
  await build('touch /x', '-t', 'only:1')
  await ok('create', '--name', 'holder', 'only:1', 'true')
  expect((await docker('rmi', 'only:1')).output).toMatch(/conflict: unable to (delete|remove).*(holder|container)/)
  await ok('rm', 'holder')
  expect(await ok('rmi', 'only:1')).toContain('Deleted: sha256:')
})

test('push and pull back, with progress and the digest', async () => {
  const name = `${stage.registry.host}/pushed:v1`
  await ok('tag', `${stage.web}:1.0`, name)
  expect(await ok('push', name)).toMatch(/v1: digest: sha256:[0-9a-f]{64} size: \d+/)
  await ok('rmi', name)
  expect(await ok('pull', name)).toContain('Status: Downloaded newer image')
  expect((await docker('push', 'notagged/here')).output).toContain('An image does not exist locally with the tag: notagged/here')
  expect(await ok('manifest', 'inspect', '--insecure', name)).toContain('"schemaVersion": 2')
})

test('save and load keep names and contents', async () => {
  const archive = join(stage.folder, 'saved.tar')
  await ok('tag', `${stage.web}:1.1`, 'saved:a')
  await ok('save', '-o', archive, 'saved:a', stage.busybox)
  const id = await ok('inspect', '-f', '{{.Id}}', 'saved:a')
  await ok('rmi', '-f', 'saved:a', `${stage.web}:1.1`)
  expect((await ok('load', '-i', archive)).split('\n').sort()).toEqual([`Loaded image: ${stage.busybox}`, 'Loaded image: saved:a'].sort())
  expect(await ok('inspect', '-f', '{{.Id}}', 'saved:a')).toBe(id)
  expect((await docker('load', '-i', '/etc/passwd')).code).toBe(1)
})

test('search asks the registry', async () => {
  await using server = createServer((request, response) => {
    const results = [{ name: 'web', description: 'a fixture', star_count: 3, is_official: false, is_automated: false }]
    response.setHeader('Content-Type', 'application/json')
    response.end(request.url?.startsWith('/v1/search') ? JSON.stringify({ num_results: 1, query: 'web', results }) : '{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  expect(await ok('search', '--format', '{{.Name}} {{.StarCount}}', `127.0.0.1:${port}/web`)).toMatch(/web 3$/)
})

test('prune takes what has no name, with --all what nothing uses', async () => {
  const id = await build('touch /y')
  expect(await ok('images', '-q', '--no-trunc', '--filter', 'dangling=true')).toBe(id)
  expect(await ok('image', 'prune', '-f')).toContain(`deleted: ${id}`)
  await ok('create', '--name', 'uses', stage.busybox, 'true')
  await ok('image', 'prune', '-af')
  expect((await ok('images', '--format', '{{.Repository}}')).split('\n')).toContain(`${stage.registry.host}/busybox`)
  expect(await ok('images', '-q', stage.web)).toBe('')
})
