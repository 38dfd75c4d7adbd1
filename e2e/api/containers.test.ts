import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { run } from '../fixtures/engine.ts'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())
afterEach(async () => {
  const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean)
  if (ids.length > 0) await ok('rm', '-fv', ...ids)
})

const ok = (...args: string[]) => stage.engine.ok(...args)
const docker = (...args: string[]) => stage.engine.docker(...args)
const api = (method: string, path: string, body?: unknown) => callRaw(stage.engine.socket, method, `/v1.45${path}`, body)

test('execs outlive the engine as long as their container runs: what ended, what ends meanwhile, what runs on, what never began', async () => {
  await ok('run', '-d', '--name', 'host', stage.busybox, 'sleep', '1000')
  const create = async (...Cmd: string[]) => (await api('POST', '/containers/host/exec', { Cmd, AttachStdout: true })).json<{ Id: string }>().Id
  const start = (id: string) => api('POST', `/exec/${id}/start`, { Detach: true })
  const look = async (id: string) => (await api('GET', `/exec/${id}/json`)).json<{ Running: boolean; ExitCode: number | null; Pid: number }>()
  const ended = async (id: string) => expect.poll(() => look(id)).toMatchObject({ Running: false, ExitCode: expect.any(Number) })
  const [before, meanwhile, on, waiting] = [await create('sh', '-c', 'exit 4'), await create('sh', '-c', 'while [ ! -e /gone ]; do sleep 0.05; done; exit 5'), await create('sleep', '1000'), await create('sh', '-c', 'exit 6')]
  for (const id of [before, meanwhile, on]) await start(id)
  await ended(before)
  const { Pid } = await look(on)
  await stage.engine.kill()
  process.kill(Pid, 0)
  const root = `/proc/${Pid}/root`
  await run('touch', [`${root}/gone`])
  await stage.engine.start()
  expect(await look(before)).toMatchObject({ Running: false, ExitCode: 4 })
  await ended(meanwhile)
  expect(await look(meanwhile)).toMatchObject({ ExitCode: 5 })
  expect(await look(on)).toMatchObject({ Running: true, ExitCode: null, Pid })
  expect(await look(waiting)).toMatchObject({ Running: false, ExitCode: null })
  await start(waiting)
  await ended(waiting)
  expect(await look(waiting)).toMatchObject({ ExitCode: 6 })
  expect((await start(before)).status).toBe(409)
  await ok('rm', '-f', 'host')
  expect((await api('GET', `/exec/${before}/json`)).status).toBe(404)
})

test('logs --details name what the options of the log driver choose; the last line counts though it is unfinished', async () => {
  const options = ['labels=x', 'labels-regex=^q', 'env=E', 'env-regex=^F', 'tag={{.Name}}/{{.ImageName}}'].flatMap((option) => ['--log-opt', option])
  await ok('run', '--name', 'told', ...options, '--label', 'x=1', '--label', 'y=2', '--label', 'qq=a b', '-e', 'E=5', '-e', 'FF=6', stage.busybox, 'printf', 'one\\ntwo')
  const tag = encodeURIComponent(`told/${stage.busybox}`)
  expect(await docker('logs', '--details', 'told')).toMatchObject({ stdout: `E=5,FF=6,qq=a+b,tag=${tag},x=1 one\nE=5,FF=6,qq=a+b,tag=${tag},x=1 two` })
  expect(await docker('logs', '--tail', '1', 'told')).toMatchObject({ stdout: 'two' })
  expect(await docker('logs', '--tail', '0', 'told')).toMatchObject({ stdout: '' })
})

test('a start that failed is told to those who wait, also later', async () => {
  expect((await docker('run', '-d', '--name', 'never', stage.busybox, 'nonesuch')).code).toBe(127)
  expect((await api('POST', '/containers/never/wait')).json()).toMatchObject({ StatusCode: 127, Error: { Message: expect.stringContaining('executable file not found') } })
})

test('links of the default bridge: variables, refusals, and taken back', async () => {
  await ok('run', '-d', '--name', 'db', '-e', 'FOO=1', '--expose', '5432', '--expose', '53/udp', stage.busybox, 'sleep', '1000')
  const address = await ok('inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'db')
  const lines = (await ok('run', '--name', 'web', '--link', 'db:the-db', stage.busybox, 'sh', '-c', 'env | grep ^THE_DB | sort')).split('\n')
  expect(lines).toEqual([
    'THE_DB_ENV_FOO=1', 'THE_DB_NAME=/web/the-db', `THE_DB_PORT=udp://${address}:53`,
    `THE_DB_PORT_53_UDP=udp://${address}:53`, `THE_DB_PORT_53_UDP_ADDR=${address}`, 'THE_DB_PORT_53_UDP_PORT=53', 'THE_DB_PORT_53_UDP_PROTO=udp',
    `THE_DB_PORT_5432_TCP=tcp://${address}:5432`, `THE_DB_PORT_5432_TCP_ADDR=${address}`, 'THE_DB_PORT_5432_TCP_PORT=5432', 'THE_DB_PORT_5432_TCP_PROTO=tcp',
  ])
  await ok('stop', '-t', '0', 'db')
  expect(await docker('start', 'web')).toMatchObject({ code: 1, output: expect.stringContaining('Cannot link to a non running container: /db AS /web/the-db') })
  expect(await docker('rm', '--link', 'web/other')).toMatchObject({ code: 1, output: expect.stringContaining('No such link: web/other') })
  await ok('rm', '--link', 'web/the-db')
  await ok('start', 'web')
  expect(await docker('run', '--link', 'nobody:x', stage.busybox)).toMatchObject({ code: 125, output: expect.stringContaining('could not get container for nobody: No such container: nobody') })
})

test('ps finds the containers of an image and of those built on it', async () => {
  await run('docker', ['-H', `unix://${stage.engine.socket}`, 'build', '-t', 'child', '-'], { input: `FROM ${stage.busybox}\nLABEL a=b\n` })
  await ok('create', '--name', 'parents', stage.busybox)
  await ok('create', '--name', 'childs', 'child')
  expect(await ok('ps', '-a', '--filter', `ancestor=${stage.busybox}`, '--format', '{{.Names}}')).toBe('childs\nparents')
  expect(await ok('ps', '-a', '--filter', 'ancestor=child', '--format', '{{.Names}}')).toBe('childs')
  for (const filter of ['health=odd', 'is-task=odd', 'publish=odd', 'exited=odd']) expect(await docker('ps', '-a', '--filter', filter)).toMatchObject({ code: 1 })
})

test('inspect shows Docker’s defaults, and files only once they are there', async () => {
  await ok('create', '--name', 'made', stage.busybox)
  const inspect = async (name: string) => (await api('GET', `/containers/${name}/json?size=1`)).json<{ HostConfig: Record<string, unknown>; HostsPath: string; LogPath: string; SizeRw: number; GraphDriver: { Data: Record<string, string> } }>()
  expect(await inspect('made')).toMatchObject({ HostsPath: '', LogPath: '', HostConfig: { PidsLimit: null, MaskedPaths: expect.arrayContaining(['/proc/kcore', '/sys/firmware']), ReadonlyPaths: expect.arrayContaining(['/proc/sys']), SecurityOpt: null }, SizeRw: 0 })
  await ok('start', 'made')
  expect(await inspect('made')).toMatchObject({ HostsPath: expect.stringMatching(/hosts$/), GraphDriver: { Data: { MergedDir: expect.any(String) } } })
  await ok('create', '--name', 'strong', '--privileged', '--cap-add', 'net_admin', stage.busybox)
  expect(await inspect('strong')).toMatchObject({ HostConfig: { MaskedPaths: null, ReadonlyPaths: null, SecurityOpt: ['label=disable'], CapAdd: ['CAP_NET_ADMIN'] } })
})

test('create refuses fields of the wrong kind, and never in words that make a client pull', async () => {
  const refused = async (body: object, host: object = {}) => {
    const reply = await api('POST', '/containers/create', { Image: stage.busybox, ...body, HostConfig: host })
    return `${reply.status} ${reply.json<{ message: string }>().message}`
  }
  expect(await refused({ Image: 5 })).toBe('400 invalid JSON: Image has the wrong type')
  expect(await refused({ Cmd: [1] })).toBe('400 invalid JSON: Cmd has the wrong type')
  expect(await refused({}, { PortBindings: { '80/tcp': 'x' } })).toBe('400 invalid JSON: HostConfig.PortBindings has the wrong type')
  expect(await refused({}, { Memory: '5' })).toBe('400 invalid JSON: HostConfig.Memory has the wrong type')
  expect(await refused({}, { VolumesFrom: ['nobody'] })).toBe('400 No such container: nobody')
  expect(await refused({}, { PidMode: 'container:nobody' })).toBe('400 No such container: nobody')
  expect(await refused({}, { CapAdd: ['nope'] })).toBe('400 invalid CapAdd: unknown capability: "CAP_NOPE"')
  expect(await refused({}, { ExtraHosts: ['odd'] })).toBe('400 bad format for add-host: "odd"')
  expect(await refused({ Hostname: 'x' }, { UTSMode: 'host' })).toBe('400 conflicting options: hostname and the UTS mode')
})

test('cp refuses what is no archive, and says only what was wrong', async () => {
  await ok('create', '--name', 'place', stage.busybox)
  const copy = await run('docker', ['-H', `unix://${stage.engine.socket}`, 'cp', '-', 'place:/tmp'], { input: 'junk\n' })
  expect(copy).toMatchObject({ code: 1, output: expect.stringContaining('unexpected end of tar archive') })
  expect((await api('PUT', '/containers/place/archive?path=/tmp')).status).toBe(200)
})
