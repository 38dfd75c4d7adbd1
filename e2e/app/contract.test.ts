import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { EngineEvent, ProgressStep } from '#shared/contract/events.ts'
import type { LogsMessage, TerminalInput, TerminalMessage } from '#shared/contract/streams.ts'
import { openConnection, type Connection } from '../../src/main/connections/connection.ts'
import { containersOf } from '../../src/main/connections/containers.ts'
import { imagesOf } from '../../src/main/connections/images.ts'
import { readLogs } from '../../src/main/connections/logs.ts'
import { networksOf } from '../../src/main/connections/networks.ts'
import { systemOf } from '../../src/main/connections/system.ts'
import { readStats } from '../../src/main/connections/stats.ts'
import { attachTerminal, execTerminal, type TerminalContext } from '../../src/main/connections/terminal.ts'
import { volumesOf } from '../../src/main/connections/volumes.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

/** The contract carried out on the real engine: what the page asks for, without the page. */
let stage: Stage
let connection: Connection
const heard: (EngineEvent | { type: 'reset' })[] = []
const never = new AbortController().signal
const operation = () => {
  const steps: ProgressStep[] = []
  return { signal: never, steps, progress: (step: ProgressStep) => void steps.push(step) }
}

beforeAll(async () => {
  stage = await setStage({ pull: false })
  connection = openConnection({ id: 'embedded', name: 'Slipway', target: { kind: 'embedded', socketPath: stage.engine.socket }, delays: { first: 20, limit: 200 } })
  connection.onEvent((event) => heard.push(event))
  await connection.ready(never)
})
afterAll(async () => {
  await connection?.[Symbol.asyncDispose]()
  await stage?.[Symbol.asyncDispose]()
})

const rowOf = (name: string) => connection.mirror.items().containers.find((container) => container.name === name)
const untilRow = (name: string, row: object | undefined) => vi.waitFor(() => (row ? expect(rowOf(name)).toMatchObject(row) : expect(rowOf(name)).toBeUndefined()), { timeout: 15_000 })

test('everything on the disk is checked, and repaired where that loses nothing', async () => {
  const stray = join(stage.engine.dataRoot, 'content/blobs/sha256', '0'.repeat(64))
  await writeFile(stray, 'not these bytes')
  const { checkUp } = systemOf(connection)
  expect(await checkUp({ repair: false }, operation())).toMatchObject({ findings: [{ kind: 'blob', outcome: 'repairable' }] })
  expect(await checkUp({ repair: true }, operation())).toMatchObject({ findings: [{ subject: `sha256:${'0'.repeat(64)}`, outcome: 'repaired' }] })
  expect(await checkUp({ repair: false }, operation())).toMatchObject({ findings: [] })
})

test('the engine is known for what it is', () => {
  expect(connection.summary().state).toMatchObject({ status: 'ready', facts: { product: 'Slipway', slipway: true } })
  expect(connection.hostFacts!.checks.length).toBeGreaterThan(0)
})

test('run pulls with progress by layer, starts, and the row tells ports, state and image', async () => {
  const op = operation()
  const created = await containersOf(connection).run({ image: `${stage.web}:1.0`, name: 'site', ports: [{ containerPort: 8080, protocol: 'tcp', hostIp: '127.0.0.1' }], labels: { 'com.docker.compose.project': 'shop' } }, op)
  expect(created.name).toBe('site')
  expect(op.steps).toContainEqual({ kind: 'phase', phase: 'pulling' })
  expect(op.steps.filter((step) => step.kind === 'layer' && step.phase === 'done')).toHaveLength(2)
  await untilRow('site', { id: created.id, state: { status: 'running' }, image: `${stage.web}:1.0`, compose: { project: 'shop' }, networks: [{ network: 'bridge' }] })
  const { ports, networks } = rowOf('site')!
  expect(ports).toMatchObject([{ containerPort: 8080, hostIp: '127.0.0.1', protocol: 'tcp' }])
  expect(networks[0]!.ipv4).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
  expect(await (await fetch(`http://127.0.0.1:${ports[0]!.hostPort}/`)).text()).toBe('web 1.0\n')
  expect(connection.mirror.items().images).toMatchObject([{ tags: [`${stage.web}:1.0`] }])
  const detail = await imagesOf(connection).inspect({ id: `${stage.web}:1.0` }, op)
  expect(detail.defaults.exposedPorts).toEqual([{ containerPort: 8080, protocol: 'tcp' }])
})

test('a taken port and a taken name are told beside their fields, and nothing is left', async () => {
  const { hostPort } = rowOf('site')!.ports[0]!
  const request = { image: `${stage.web}:1.0`, name: 'other', ports: [{ containerPort: 8080, protocol: 'tcp' as const, hostIp: '127.0.0.1', hostPort }] }
  await expect(containersOf(connection).run(request, operation())).rejects.toMatchObject({ reason: 'port-allocated', field: 'ports[0].hostPort' })
  await expect(containersOf(connection).run({ image: `${stage.web}:1.0`, name: 'site' }, operation())).rejects.toMatchObject({ code: 'conflict', field: 'name' })
  await expect(containersOf(connection).run({ image: `${stage.registry.host}/nothing:here` }, operation())).rejects.toMatchObject({ field: 'image' })
  await expect(containersOf(connection).run({ image: stage.busybox, mounts: [{ kind: 'bind', source: '/no/such/folder', target: '/data' }] }, operation())).rejects.toMatchObject({ field: 'mounts[0].source' })
  await expect(containersOf(connection).run({ image: stage.busybox, name: 'nocommand', command: ['/no/such/program'] }, operation())).rejects.toMatchObject({ field: 'command' })
  await untilRow('other', undefined)
  await untilRow('nocommand', undefined)
  expect((await stage.engine.ok('ps', '-aq')).trim().split('\n')).toHaveLength(1)
})

test('many at once: each has its own outcome', async () => {
  const containers = containersOf(connection)
  const outcomes = await containers.stop({ ids: ['site', 'nobody'], timeoutSeconds: 1 }, operation())
  expect(outcomes).toMatchObject([{ id: 'site' }, { id: 'nobody', error: { code: 'not-found' } }])
  await untilRow('site', { state: { status: 'exited' } })
  expect(rowOf('site')!.state).toHaveProperty('finishedAt')
  expect(await containers.stop({ ids: ['site'] }, operation())).toEqual([{ id: 'site' }])
  await containers.start({ ids: ['site'] }, operation())
  await containers.pause({ ids: ['site'] }, operation())
  await untilRow('site', { state: { status: 'paused' } })
  await containers.unpause({ ids: ['site'] }, operation())
  await containers.rename({ id: 'site', name: 'shop' }, operation())
  await untilRow('shop', { state: { status: 'running' } })
  expect((await containers.top({ id: 'shop' }, operation())).rows.length).toBeGreaterThan(0)
  expect(await containers.inspect({ id: 'shop' }, operation())).toMatchObject({ name: 'shop', command: ['nc', '-ll', '-p', '8080', '-e', '/www.sh'], labels: { 'com.docker.compose.project': 'shop' } })
})

test('what the command line does appears by itself', async () => {
  await stage.engine.ok('volume', 'create', 'data')
  await stage.engine.ok('network', 'create', 'back')
  await stage.engine.ok('network', 'connect', 'back', 'shop')
  await vi.waitFor(() => {
    expect(connection.mirror.items().volumes).toMatchObject([{ name: 'data', anonymous: false }])
    expect(connection.mirror.items().networks.map(({ name }) => name)).toContain('back')
    expect(rowOf('shop')!.networks.map(({ network }) => network).sort()).toEqual(['back', 'bridge'])
  })
  await networksOf(connection).disconnect({ network: 'back', container: 'shop' }, operation())
  expect(await networksOf(connection).remove({ ids: ['back', 'bridge'] }, operation())).toMatchObject([{ id: 'back' }, { id: 'bridge', error: { code: 'forbidden' } }])
  expect(await volumesOf(connection).remove({ names: ['data'] }, operation())).toEqual([{ id: 'data' }])
  await vi.waitFor(() => expect(connection.mirror.items().volumes).toEqual([]))
})

test('stats are samples of a running container', async () => {
  const controller = new AbortController()
  for await (const sample of readStats(connection.api, 'shop', controller.signal)) {
    expect(sample.memoryBytes).toBeGreaterThan(0)
    expect(sample.pids).toBeGreaterThan(0)
    break
  }
  controller.abort()
})

/** Types what it is told when the output shows what it waits for. */
async function converse(open: (context: TerminalContext) => AsyncIterable<TerminalMessage>, script: [RegExp, string | (() => Promise<unknown>)][]): Promise<{ output: string; kinds: string[]; last: TerminalMessage | undefined }> {
  const typed: TerminalInput[] = []
  let news = Promise.withResolvers<void>()
  async function* input(): AsyncGenerator<TerminalInput> {
    for (;;) {
      const next = typed.shift()
      if (next) yield next
      else await news.promise.then(() => (news = Promise.withResolvers()))
    }
  }
  let output = ''
  let last: TerminalMessage | undefined
  const kinds: string[] = []
  const controller = new AbortController()
  for await (const message of open({ signal: controller.signal, input: input() })) {
    last = message
    if (message.kind === 'output') output += message.text
    else kinds.push(message.kind)
    while (script[0] && script[0][0].test(output + kinds.join())) {
      const [, act] = script.shift()!
      if (typeof act === 'string') {
        typed.push({ kind: 'input', text: act })
        news.resolve()
      } else await act()
    }
  }
  return { output, kinds, last }
}

test('a shell is found, has the size of the page, and its end is told', async () => {
  const { output, last } = await converse((context) => execTerminal(connection, { id: 'shop', columns: 101, rows: 33 }, context), [
    [/[#$] /, 'stty size; echo $TERM\n'],
    [/xterm-256color/, 'exit 3\n'],
  ])
  expect(output).toContain('33 101')
  expect(last).toEqual({ kind: 'exited', code: 3 })
})

test('logs and an attached terminal go on through kill -9 of the engine, without a hole', async () => {
  const containers = containersOf(connection)
  await containers.run({ image: stage.busybox, name: 'counter', command: ['sh', '-c', 'i=0; while [ ! -e /enough ] || [ $i -lt 400 ]; do i=$((i+1)); echo line $i; usleep 10000; done'] }, operation())
  await containers.run({ image: stage.busybox, name: 'shell', tty: true, interactive: true, command: ['sh'] }, operation())

  const terminal = converse((context) => attachTerminal(connection, { id: 'shell', columns: 80, rows: 24 }, context), [
    [/opened/, 'echo be"fore"\n'],
    [/resumed/, 'echo af"ter"\n'],
    [/after/, 'exit 5\n'],
  ])
  const lines: string[] = []
  const kinds: string[] = []
  let killed = false
  for await (const message of readLogs(connection, { id: 'counter', follow: true }, never) as AsyncIterable<LogsMessage>) {
    if (message.kind === 'lines') lines.push(...message.lines.map(({ text }) => text))
    else kinds.push(message.kind)
    // It is being followed: what came before the catching up would be whole without the engine.
    if (!killed && message.kind === 'lines' && kinds.includes('caught-up') && lines.length > 50) {
      killed = true
      await stage.engine.kill('SIGKILL')
      await vi.waitFor(() => expect(connection.summary().state).toMatchObject({ status: 'reconnecting' }))
      await stage.engine.start()
      await stage.engine.ok('exec', 'counter', 'touch', '/enough')
    }
  }
  expect(lines.length).toBeGreaterThanOrEqual(400)
  expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`))
  expect(kinds).toEqual(expect.arrayContaining(['caught-up', 'interrupted', 'resumed']))
  const { output, last } = await terminal
  expect(output).toContain('before')
  expect(output).toContain('after')
  expect(last).toEqual({ kind: 'exited', code: 5 })
  expect(rowOf('shop')).toMatchObject({ state: { status: 'running' } })
})

test('a pull can be left in the middle, and removing tells what was in use', async () => {
  const controller = new AbortController()
  const pulling = imagesOf(connection).pull({ reference: `${stage.web}:1.1` }, { signal: controller.signal, progress: () => controller.abort() })
  await expect(pulling).rejects.toMatchObject({ code: 'cancelled' })
  expect(await imagesOf(connection).remove({ ids: [`${stage.web}:1.0`] }, operation())).toMatchObject([{ error: { code: 'conflict' } }])
  await containersOf(connection).remove({ ids: ['shop', 'counter', 'shell'], force: true, anonymousVolumes: true }, operation())
  await vi.waitFor(() => expect(connection.mirror.items().containers).toEqual([]))
  expect(await imagesOf(connection).remove({ ids: [`${stage.web}:1.0`, stage.busybox] }, operation())).toEqual([{ id: `${stage.web}:1.0` }, { id: stage.busybox }])
  await vi.waitFor(() => expect(connection.mirror.items().images).toEqual([]))
})
