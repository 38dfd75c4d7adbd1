import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
  await stage.engine.ok('run', '--name', 'said', stage.busybox, 'sh', '-c', 'for i in 1 2 3 4 5; do echo out $i; done; sleep 0.1; echo err >&2')
})
afterAll(async () => stage?.[Symbol.asyncDispose]())

test('streams apart, tail, timestamps', async () => {
  const { engine } = stage
  expect(await engine.docker('logs', 'said')).toMatchObject({ stdout: 'out 1\nout 2\nout 3\nout 4\nout 5\n', stderr: 'err\n' })
  expect(await engine.docker('logs', '--tail', '2', 'said')).toMatchObject({ stdout: 'out 5\n', stderr: 'err\n' })
  expect((await engine.docker('logs', '--tail', '0', 'said')).output).toBe('')
  expect((await engine.docker('logs', '-t', '--tail', '1', 'said')).stderr).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z err\n$/)
})

test('since and until', async () => {
  const { engine } = stage
  const at = (await engine.docker('logs', '-t', '--tail', '1', 'said')).stderr.split(' ')[0] ?? ''
  expect((await engine.docker('logs', '--since', at, 'said')).output).toBe('err\n')
  expect((await engine.docker('logs', '--until', '2020-01-01T00:00:00Z', 'said')).output).toBe('')
  expect((await engine.docker('logs', '--since', '1h', '--until', at, 'said')).stdout).toContain('out 5')
})

test('follow sees what is written later and ends with the container', async () => {
  const { engine, busybox } = stage
  await engine.ok('run', '-di', '--name', 'speaks', busybox, 'sh', '-c', 'echo first; read x; echo second')
  const child = spawn('docker', ['-H', `unix://${engine.socket}`, 'logs', '-f', 'speaks'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    // It ends on that word, and what was executed in it may end with it.
    if (line === 'first') await engine.docker('exec', 'speaks', 'sh', '-c', 'echo go > /proc/1/fd/0')
  }
  expect(lines).toEqual(['first', 'second'])
})

test('a terminal\'s log is raw', async () => {
  const { engine, busybox } = stage
  await engine.ok('run', '-dt', '--name', 'raw', busybox, 'echo', 'tty')
  await engine.ok('wait', 'raw')
  const reply = await callRaw(engine.socket, 'GET', '/containers/raw/logs?stdout=1')
  expect([reply.headers['content-type'], reply.text]).toEqual(['application/vnd.docker.raw-stream', 'tty\r\n'])
})

test('frames on the wire, their content type by version, and what is refused', async () => {
  const { engine } = stage
  const reply = await callRaw(engine.socket, 'GET', '/containers/said/logs?stdout=1&tail=1')
  expect(reply.bytes).toEqual(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, 6]), Buffer.from('out 5\n')]))
  expect(reply.headers['content-type']).toBe('application/vnd.docker.multiplexed-stream')
  expect((await callRaw(engine.socket, 'GET', '/v1.41/containers/said/logs?stdout=1')).headers['content-type']).toBe('application/vnd.docker.raw-stream')
  expect((await callRaw(engine.socket, 'GET', '/containers/said/logs')).status).toBe(400)
  expect((await callRaw(engine.socket, 'GET', '/containers/said/logs?stdout=1&since=garbage')).status).toBe(400)
  expect((await callRaw(engine.socket, 'GET', '/containers/nobody/logs?stdout=1')).status).toBe(404)
})

test('many lines arrive whole and in order', async () => {
  const { engine, busybox } = stage
  const printed = (await engine.docker('run', '--name', 'many', busybox, 'seq', '1', '20000')).stdout
  expect(printed.trim().split('\n').length).toBe(20_000)
  expect((await engine.docker('logs', 'many')).stdout).toBe(printed)
  expect((await engine.docker('logs', '--tail', '3', 'many')).stdout).toBe('19998\n19999\n20000\n')
})

test('no log driver keeps nothing; rotation keeps the newest', async () => {
  const { engine, busybox } = stage
  await engine.ok('run', '--name', 'silent', '--log-driver', 'none', busybox, 'echo', 'hidden')
  expect((await engine.docker('logs', 'silent')).output).toContain('configured logging driver does not support reading')
  await engine.ok('run', '--name', 'turning', '--log-opt', 'max-size=20k', '--log-opt', 'max-file=2', busybox, 'seq', '1', '20000')
  const kept = (await engine.docker('logs', 'turning')).stdout.trim().split('\n')
  expect([kept.at(-1), kept.length < 20_000]).toEqual(['20000', true])
})
