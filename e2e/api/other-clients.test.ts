import { once } from 'node:events'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

/** What the tests of docker-py, moby and other clients rest on, and docker's own client never asks for. */
let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const api = (method: string, path: string, body?: unknown) => callRaw(stage.engine.socket, method, `/v1.45${path}`, body)
async function create(name: string, body: object): Promise<string> {
  const reply = await api('POST', `/containers/create?name=${name}`, { Image: stage.busybox, ...body })
  expect(reply, reply.text).toMatchObject({ status: 201 })
  return reply.json<{ Id: string }>().Id
}
const inspect = async <Value>(name: string) => (await api('GET', `/containers/${name}/json`)).json<Value>()

/** Everything that comes, and the code it is closed with. */
async function listen(path: string, say?: string): Promise<{ text: string; code: number }> {
  const socket = new WebSocket(`ws+unix://${stage.engine.socket}:${path}`)
  let text = ''
  socket.on('message', (bytes: Buffer) => (text += bytes.toString()))
  const closed = once(socket, 'close')
  await once(socket, 'open')
  if (say !== undefined) socket.send(say)
  const [code] = (await closed) as [number]
  return { text, code }
}

test('an attach over a WebSocket: what is asked for, before 1.42 all of it; logs without frames; it ends as if all went well', async () => {
  const asking = { Cmd: ['sh', '-c', 'echo before; read line; echo got $line'], OpenStdin: true, StdinOnce: true }
  for (const [name, path] of [['newer', '/v1.45/containers/newer/attach/ws?stream=1&logs=1&stdin=1&stdout=1'], ['older', '/v1.41/containers/older/attach/ws?stream=1&logs=1']] as const) {
    await create(name, asking)
    await api('POST', `/containers/${name}/start`)
    const { text, code } = await listen(path, 'this\n')
    expect([text.endsWith('got this\n'), code]).toEqual([true, 1000])
    expect(await listen(`/v1.45/containers/${name}/attach/ws?logs=1&stdout=1`)).toEqual({ text: 'before\ngot this\n', code: 1000 })
  }
})

test('networks that create names without a mode are all there are', async () => {
  await stage.engine.ok('network', 'create', 'alone')
  await create('named', { Cmd: ['sleep', '100'], NetworkingConfig: { EndpointsConfig: { alone: { Aliases: ['foo'] } } } })
  await api('POST', '/containers/named/start')
  const { NetworkSettings } = await inspect<{ NetworkSettings: { Networks: Record<string, { Aliases: string[] }> } }>('named')
  expect(Object.keys(NetworkSettings.Networks)).toEqual(['alone'])
  expect(NetworkSettings.Networks['alone']?.Aliases).toContain('foo')
  expect(await stage.engine.ok('ps', '-q', '--filter', 'isolation=default', '--filter', 'name=named')).not.toBe('')
})

test('what shows the folders of the engine lets go of what is unmounted there', async () => {
  const { DockerRootDir } = (await api('GET', '/info')).json<{ DockerRootDir: string }>()
  const mode = async (name: string, bind: string) => {
    await create(name, { Cmd: ['true'], HostConfig: { Binds: [bind] } })
    return (await inspect<{ Mounts: { Propagation: string }[] }>(name)).Mounts[0]?.Propagation
  }
  expect([await mode('within', `${DockerRootDir}:/x`), await mode('around', '/:/x'), await mode('beside', `${stage.folder}:/x`)]).toEqual(['rslave', 'rslave', 'rprivate'])
  expect((await api('POST', '/containers/create', { Image: stage.busybox, HostConfig: { Binds: [`${DockerRootDir}:/x:private`] } })).text).toContain('must use either propagation mode')
  expect(await stage.engine.ok('run', '--rm', '-v', '/:/host:ro', stage.busybox, 'ls', '/host')).toContain('proc')
})

test('a read-only bind is so to the last mount below it, for clients before 1.44 not below it', async () => {
  for (const [version, access] of [['v1.43', 'rw'], ['v1.45', 'ro']] as const) {
    const made = await callRaw(stage.engine.socket, 'POST', `/${version}/containers/create?name=readonly-${access}`, { Image: stage.busybox, Cmd: ['sh', '-c', 'grep " /dev2/shm " /proc/self/mountinfo | cut -d" " -f6 | cut -c1-2 | uniq'], HostConfig: { Binds: ['/dev:/dev2:ro'] } })
    expect(made.status).toBe(201)
    expect(await stage.engine.ok('start', '-a', `readonly-${access}`)).toBe(access)
  }
})

test('an empty folder of a volume takes what the image has at its place, one that is not empty does not', async () => {
  await stage.engine.ok('run', '--rm', '-v', 'parts:/v', stage.busybox, 'sh', '-c', 'mkdir /v/empty /v/full && touch /v/full/mine')
  const list = (subpath: string, ...options: string[]) => stage.engine.ok('run', '--rm', '--mount', [`type=volume,src=parts,dst=/etc,volume-subpath=${subpath}`, ...options].join(','), stage.busybox, 'ls', '/etc')
  expect(await list('empty')).toContain('passwd')
  expect(await list('full')).not.toContain('passwd')
  const created = await api('POST', '/containers/create', { Image: stage.busybox, HostConfig: { Mounts: [{ Type: 'volume', Source: 'parts', Target: '/etc', VolumeOptions: { Subpath: 'nowhere' } }] } })
  expect(created.status).toBe(201)
  expect((await api('POST', `/containers/${created.json<{ Id: string }>().Id}/start`)).text).toContain('cannot access path nowhere')
})

test('empty maps come back as they were given', async () => {
  expect((await api('POST', '/volumes/create', { Name: 'given', DriverOpts: {}, Labels: {} })).json()).toMatchObject({ Options: {}, Labels: {} })
  expect((await api('POST', '/volumes/create', { Name: 'left-out' })).json()).toMatchObject({ Options: null, Labels: null })
})

test('an import from an address where nobody answers is refused, not begun', async () => {
  const reply = await api('POST', `/images/create?fromSrc=${encodeURIComponent('http://127.0.0.1:9/x.tar')}`)
  expect(reply.status).toBe(503)
  expect(reply.text).toContain('ECONNREFUSED')
})

test('block I/O that nobody did: lists that are empty on cgroup v1, none on v2', async () => {
  await create('idle', { Cmd: ['sleep', '100'] })
  await api('POST', '/containers/idle/start')
  const { blkio_stats: io } = (await api('GET', '/containers/idle/stats?stream=0&one-shot=1')).json<{ blkio_stats: Record<string, unknown> }>()
  expect(io['sectors_recursive']).toEqual((await stage.engine.ok('info', '-f', '{{.CgroupVersion}}')) === '1' ? [] : null)
})

test('plugins and a cluster are answered as by a Docker that has neither', async () => {
  for (const [path, method, status] of [['/plugins/x/enable', 'POST', 404], ['/plugins/x', 'DELETE', 404], ['/swarm/leave', 'POST', 503], ['/volumes/given', 'PUT', 503]] as const) expect((await api(method, path, method === 'DELETE' ? undefined : {})).status, path).toBe(status)
  expect((await stage.engine.docker('plugin', 'rm', 'x')).output).toContain('plugin "x" not found')
  expect((await stage.engine.docker('swarm', 'leave')).output).toContain('This node is not part of a swarm')
})
