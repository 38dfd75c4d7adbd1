import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { mkdir } from 'node:fs/promises'
import { run } from '../fixtures/engine.ts'
import { buildLayer, busyboxLayer, writeLayout } from '../fixtures/images.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { startCutProxy } from './cut-proxy.ts'
import { names, observe } from './observe.ts'

const ENTRY = join(import.meta.dirname, '../../src/main/engine/main.ts')
/** A container waits for this file, so that the test says when it ends. */
const UNTIL_GATE = 'while [ ! -e /gate/open ]; do sleep 0.05; done'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())
afterEach(async () => {
  const ids = (await ok('ps', '-aq')).split('\n').filter(Boolean)
  if (ids.length > 0) await ok('rm', '-fv', ...ids)
})

const ok = (...args: string[]) => stage.engine.ok(...args)
const state = (name: string) => ok('inspect', '-f', '{{json .State}}', name).then((text) => JSON.parse(text) as Record<string, unknown>)
const page = (port: number) => expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text()).catch(String), { timeout: 10_000 })

/** Kills the engine with no chance to say good-bye; `meanwhile` happens without it. */
async function away(meanwhile: () => Promise<unknown> = async () => {}, signal: NodeJS.Signals = 'SIGKILL') {
  await stage.engine.kill(signal)
  await meanwhile()
  await stage.engine.start()
}

async function makeGate(name: string) {
  const folder = join(stage.folder, `gate-${name}`)
  await mkdir(folder)
  return { mount: `${folder}:/gate`, open: () => writeFile(join(folder, 'open'), '') }
}

const shimEnds = (id: string) => expect.poll(async () => (await observe(stage.engine)).shims, { timeout: 10_000 }).not.toContain(id)

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`a published port goes on serving while the engine is away after ${signal}, and nothing about the container changes`, async () => {
    const port = await freePort()
    const id = await ok('run', '-d', '--name', 'site', '-p', `127.0.0.1:${port}:8080`, `${stage.web}:1.0`)
    await page(port).toBe('web 1.0\n')
    const [before, kernel] = [await ok('inspect', 'site'), await observe(stage.engine, [id])]
    await away(async () => await page(port).toBe('web 1.0\n'), signal)
    await page(port).toBe('web 1.0\n')
    expect(JSON.parse(await ok('inspect', 'site'))).toEqual(JSON.parse(before))
    expect(await observe(stage.engine, [id])).toEqual(kernel)
    await ok('rm', '-f', 'site')
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  })
}

test('clients that go away at once, whatever they were about to send or get, end nothing', async () => {
  const id = await ok('run', '-d', '--name', 'goes-on', stage.busybox, 'sleep', '1000')
  const before = stage.engine.pid
  for (const request of ['POST /build', `PUT /containers/${id}/archive?path=/`, 'POST /images/load', 'POST /images/create?fromSrc=-', 'POST /containers/create', `POST /commit?container=${id}`, `GET /images/${stage.busybox}/get`, `GET /containers/${id}/export`, `GET /containers/${id}/archive?path=/`]) {
    for (const body of ['', 'x', 'x'.repeat(70_000)]) {
      const socket = connect(stage.engine.socket)
      await new Promise((resolve) => socket.write(`${request} HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-tar\r\nContent-Length: 100000\r\n\r\n${body}`, resolve))
      socket.destroy()
      expect(await ok('inspect', '-f', '{{.State.Status}}', 'goes-on'), `${request} ${body.length}`).toBe('running')
    }
  }
  expect(stage.engine.pid).toBe(before)
})

test('the log has no hole where the engine was away', async () => {
  const last = 120
  const id = await ok('run', '-d', '--name', 'counter', stage.busybox, 'sh', '-c', `i=0; while [ $i -lt ${last} ]; do i=$((i+1)); echo $i; sleep 0.02; done`)
  await expect.poll(() => ok('logs', 'counter')).toMatch(/^20$/m)
  // It prints on while nobody listens: the log's size is the proof.
  await away(async () => {
    const folder = join(stage.engine.dataRoot, 'containers', id, 'logs')
    const bytes = async () => (await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))))).reduce((sum, { size }) => sum + size, 0)
    const atKill = await bytes()
    await expect.poll(bytes, { timeout: 10_000 }).toBeGreaterThan(atKill)
  })
  const followed = ok('logs', '-f', 'counter')
  expect(await ok('wait', 'counter')).toBe('0')
  const all = Array.from({ length: last }, (_line, index) => `${index + 1}`)
  expect((await followed).split('\n')).toEqual(all)
  expect((await ok('logs', 'counter')).split('\n')).toEqual(all)
})

test('exec, attach and stdin reach a container of the engine before', async () => {
  await ok('run', '-di', '--name', 'echo', stage.busybox, 'cat')
  await away()
  expect(await ok('exec', 'echo', 'echo', 'again')).toBe('again')
  const client = spawn('docker', ['-H', `unix://${stage.engine.socket}`, 'attach', '--sig-proxy=false', 'echo'], { stdio: ['pipe', 'pipe', 'inherit'] })
  client.stdin.write('hello\n')
  const [said] = (await once(client.stdout, 'data')) as [Buffer]
  expect(said.toString()).toBe('hello\n')
  const gone = once(client, 'exit')
  client.kill('SIGKILL')
  await gone
  expect((await state('echo'))['Running']).toBe(true)
})

test('an exec that was running goes on to its end, and leaves nothing', async () => {
  const gate = await makeGate('exec')
  await ok('run', '-d', '--name', 'host', '-v', gate.mount, stage.busybox, 'sleep', '1000')
  await ok('exec', '-d', 'host', 'sh', '-c', `${UNTIL_GATE}; echo done > /gate/result`)
  const working = async () => (await observe(stage.engine)).execs.filter(({ shim }) => shim).length
  expect(await working()).toBe(1)
  await away()
  await gate.open()
  await expect.poll(working).toBe(0)
  expect(await ok('exec', 'host', 'cat', '/gate/result')).toBe('done')
  await ok('rm', '-f', 'host')
  expect((await observe(stage.engine)).runFolders).toEqual([])
})

test('an end that nobody saw is recorded with its own code and time', async () => {
  const gate = await makeGate('end')
  const id = await ok('run', '-d', '--name', 'brief', '-v', gate.mount, stage.busybox, 'sh', '-c', `${UNTIL_GATE}; exit 7`)
  const times = { from: 0, to: 0 }
  await away(async () => {
    times.from = Date.now()
    await gate.open()
    await shimEnds(id)
    times.to = Date.now()
  })
  const after = await state('brief')
  expect(after).toMatchObject({ Status: 'exited', ExitCode: 7, OOMKilled: false, Pid: 0 })
  const finished = Date.parse(after['FinishedAt'] as string)
  expect(finished).toBeGreaterThanOrEqual(times.from)
  expect(finished).toBeLessThanOrEqual(times.to)
  expect(await ok('wait', 'brief')).toBe('7')
  expect((await observe(stage.engine)).mounts).toEqual([])
})

test('restart=always starts again what ended meanwhile; --rm removes it with its volume', async () => {
  const gate = await makeGate('policies')
  const always = await ok('run', '-d', '--name', 'always', '--restart', 'always', '-v', gate.mount, stage.busybox, 'sh', '-c', `[ -e /gate/open ] && exec sleep 1000; ${UNTIL_GATE}; exit 1`)
  const brief = await ok('run', '-d', '--rm', '--name', 'brief', '-v', gate.mount, '-v', '/anonymous', stage.busybox, 'sh', '-c', UNTIL_GATE)
  const before = await state('always')
  await away(async () => {
    await gate.open()
    await Promise.all([shimEnds(always), shimEnds(brief)])
  })
  await expect.poll(() => ok('ps', '-a', '--format', '{{.Names}} {{.State}}'), { timeout: 10_000 }).toBe('always running')
  expect(Date.parse((await state('always'))['StartedAt'] as string)).toBeGreaterThan(Date.parse(before['StartedAt'] as string))
  expect(await ok('volume', 'ls', '-q')).toBe('')
  const left = await observe(stage.engine, [brief])
  expect([...left.dataFolders, ...left.runFolders, ...left.namespaces, ...left.cgroups].join(' ')).not.toContain(brief)
})

test('a container whose shim was killed as well is recorded as lost, and leaves nothing', async () => {
  const id = await ok('run', '-d', '--name', 'orphan', stage.busybox, 'sleep', '1000')
  await away(async () => {
    const shim = (await run('pgrep', ['-f', `slipway-shim run --id ${id}`])).stdout.trim()
    process.kill(Number(shim), 'SIGKILL')
    await shimEnds(id)
  })
  expect(await state('orphan')).toMatchObject({ Status: 'exited', ExitCode: 137 })
  expect(await observe(stage.engine, [id])).toMatchObject({ shims: [], mounts: [], namespaces: [], cgroups: [] })
  await ok('start', 'orphan')
  expect(await state('orphan')).toMatchObject({ Status: 'running' })
})

test('paused stays paused', async () => {
  await ok('run', '-d', '--name', 'still', stage.busybox, 'sleep', '1000')
  await ok('pause', 'still')
  await away()
  expect(await state('still')).toMatchObject({ Status: 'paused', Paused: true, Running: true })
  await ok('unpause', 'still')
  expect(await ok('exec', 'still', 'echo', 'thawed')).toBe('thawed')
})

test('names of a network are answered again, for old containers and new ones', async () => {
  await ok('network', 'create', 'own')
  await ok('run', '-d', '--name', 'site', '--network', 'own', '--network-alias', 'pages', `${stage.web}:1.0`)
  await ok('run', '-d', '--name', 'client', '--network', 'own', stage.busybox, 'sleep', '1000')
  await away()
  for (const name of ['site', 'pages']) expect(await ok('exec', 'client', 'wget', '-qO-', `http://${name}:8080/`)).toBe('web 1.0')
  expect(await ok('run', '--rm', '--network', 'own', stage.busybox, 'wget', '-qO-', 'http://site:8080/')).toBe('web 1.0')
  await ok('run', '-d', '--name', 'late', '--network', 'own', `${stage.web}:1.1`)
  await expect.poll(async () => (await stage.engine.docker('exec', 'client', 'wget', '-qO-', 'http://late:8080/')).stdout).toBe('web 1.1\n')
  await ok('rm', '-f', 'site', 'client', 'late')
  await ok('network', 'rm', 'own')
})

test('a pull that is cut leaves no half image and goes on where it was', async () => {
  const { engine, registry, folder } = stage
  const big = await buildLayer((archive) => void archive.entry({ name: 'big' }, randomBytes(6 << 20)))
  await writeLayout(join(folder, 'big'), [await busyboxLayer(), big], { Env: ['PATH=/bin'], Cmd: ['sh'] })
  await registry.push(join(folder, 'big'), 'x', 'big:1.0')
  await using proxy = await startCutProxy(registry.host)
  const image = `${proxy.host}/big:1.0`
  proxy.begin(2 << 20)
  const first = engine.docker('pull', '-q', image)
  await proxy.held
  const ingests = join(engine.dataRoot, 'content', 'ingest')
  const received = async () => Math.max(0, ...(await Promise.all((await names(ingests)).map((name) => stat(join(ingests, name)).then(({ size }) => size)))))
  await expect.poll(received, { timeout: 10_000 }).toBe(2 << 20)
  await away()
  expect((await first).code).not.toBe(0)
  expect(await ok('images', '-q', `${proxy.host}/big`)).toBe('')
  proxy.begin(Infinity)
  await ok('pull', '-q', image)
  const layers = JSON.parse(await run('skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/big:1.0`]).then(({ stdout }) => stdout)) as { layers: { digest: string; size: number }[] }
  expect(proxy.given(layers.layers[1]!.digest)).toBe(layers.layers[1]!.size - (2 << 20))
  expect(proxy.given(layers.layers[0]!.digest)).toBe(0)
  expect(await ok('run', '--rm', image, 'wc', '-c', '/big')).toBe(`${6 << 20} /big`)
  expect(await names(ingests)).toEqual([])
})

test('a second engine on the same data root is refused, with whose it is and what to do', async () => {
  const { engine, folder } = stage
  const second = await run(process.execPath, [ENTRY, '--data-root', engine.dataRoot, '--run-root', join(folder, 'second'), '--socket', join(folder, 'second.sock')])
  expect(second.code).not.toBe(0)
  expect(second.stderr).toContain(`(pid ${engine.pid}) is using the data root ${engine.dataRoot}`)
  expect(second.stderr).toContain('--data-root')
  expect(await ok('version', '-f', '{{.Server.Os}}')).toBe('linux')
})
