import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildLayer } from '../fixtures/images.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.engine.ok('volume', 'create', 'files')
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

const call = (method: string, path: string, body?: Uint8Array) => callRaw(stage.engine.socket, method, `/slipway/volumes/files${path}`, body)
const inside = (script: string) => stage.engine.ok('run', '--rm', '-v', 'files:/v', stage.busybox, 'sh', '-c', script)
const listed = async (path: string) => (await call('GET', `/files?path=${path}`)).json<{ entries: { name: string }[] }>().entries.map(({ name }) => name).sort()

test('folders and files are made, listed, read, replaced keeping their owner, renamed and removed', async () => {
  expect((await call('POST', '/files/folder?path=/some%20folder')).status).toBe(201)
  expect((await call('PUT', '/files/content?path=/some%20folder/a.txt', Buffer.from('one'))).status).toBe(204)
  expect(await inside('cat "/v/some folder/a.txt"; chown 1000:1000 "/v/some folder/a.txt"')).toBe('one')
  expect((await call('PUT', '/files/content?path=/some%20folder/a.txt', Buffer.from('two'))).status).toBe(204)
  expect(await inside('stat -c %u:%g "/v/some folder/a.txt"')).toBe('1000:1000')
  const read = await call('GET', '/files/content?path=/some%20folder/a.txt')
  expect([read.status, read.headers['content-length'], read.text]).toEqual([200, '3', 'two'])
  expect((await call('POST', '/files/rename?path=/some%20folder/a.txt&to=/some%20folder/b.txt')).status).toBe(204)
  expect(await listed('/some%20folder')).toEqual(['b.txt'])
  expect((await call('DELETE', '/files?path=/some%20folder')).status).toBe(204)
  expect(await listed('/')).toEqual([])
})

test('archives go in, compressed or not, and come out with owners and modes', async () => {
  const { tar } = await buildLayer((archive) => {
    archive.entry({ name: 'in', type: 'directory', mode: 0o750, uid: 7, gid: 8 })
    archive.entry({ name: 'in/file', mode: 0o640, uid: 7, gid: 8 }, 'content')
  })
  expect((await call('PUT', '/archive?path=/', gzipSync(tar))).status).toBe(204)
  expect(await inside('stat -c "%u:%g %a" /v/in/file; cat /v/in/file')).toBe('7:8 640\ncontent')
  const out = await call('GET', '/archive?path=/in')
  expect([out.status, out.headers['content-type']]).toEqual([200, 'application/x-tar'])
  expect((await call('POST', '/files/folder?path=/copy')).status).toBe(201)
  expect((await call('PUT', '/archive?path=/copy', out.bytes)).status).toBe(204)
  expect(await inside('find /v/copy -name file | xargs stat -c "%u:%g %a"')).toBe('7:8 640')
})

test('what is not there, has no name, or leads out of the volume is refused', async () => {
  await inside('ln -s /etc /v/out; ln -s ../../../../etc/passwd /v/passwd')
  const status = async (method: string, path: string, body?: Uint8Array) => (await call(method, path, body)).status
  expect(await status('GET', '/files?path=/nowhere')).toBe(404)
  expect(await status('GET', '/files/content')).toBe(400)
  expect(await status('GET', '/files/content?path=/../../../../etc/passwd')).toBe(404)
  expect(await status('GET', '/files/content?path=/passwd')).not.toBe(200)
  expect(await status('PUT', '/files/content?path=/out/planted', Buffer.from('x'))).not.toBe(204)
  expect((await call('PUT', '/archive?path=/', Buffer.from('this is no archive'))).text).toContain('unexpected end of tar archive')
  expect((await callRaw(stage.engine.socket, 'GET', '/slipway/volumes/absent/files?path=/')).status).toBe(404)
})
