import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EngineState } from '#shared/contract/engine.ts'
import { startEngineHost, type EngineHost } from './engine-host.ts'

const FAKE = join(import.meta.dirname, 'testing', 'fake-engine.mjs')
let folder = ''
const hosts: EngineHost[] = []
const others: ChildProcess[] = []
const path = (name: string) => join(folder, name)
const fakeArgs = (...plan: string[]) => [FAKE, path('s'), path('lock'), path('count'), ...plan]
const starts = () => Number(readFileSync(path('count'), 'utf8'))

function host(...plan: string[]): EngineHost {
  const made = startEngineHost({ command: () => ({ program: process.execPath, args: fakeArgs(...plan) }), socketPath: path('s'), lockFile: path('lock'), backoff: [1, 4] })
  hosts.push(made)
  return made
}
/** The state now or later for which this holds. */
async function until<Status extends EngineState['status']>(engine: EngineHost, status: Status, holds: (state: Extract<EngineState, { status: Status }>) => boolean = () => true) {
  const { promise, resolve } = Promise.withResolvers<Extract<EngineState, { status: Status }>>()
  const look = (state: EngineState) => state.status === status && holds(state as never) && resolve(state as never)
  const stop = engine.onState(look)
  look(engine.state())
  try {
    return await promise
  } finally {
    stop()
  }
}
async function startElsewhere(): Promise<ChildProcess> {
  const child = spawn(process.execPath, fakeArgs(), { stdio: ['ignore', 'pipe', 'inherit'] })
  others.push(child)
  await once(child.stdout!, 'data')
  return child
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-host-'))
})
afterEach(async () => {
  for (const made of hosts.splice(0)) await made[Symbol.asyncDispose]()
  for (const child of others.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  rmSync(folder, { recursive: true, force: true })
})

test('starts one, and ends it when disposed', async () => {
  const engine = host()
  expect(engine.state()).toEqual({ status: 'starting' })
  const { pid } = await until(engine, 'running')
  await engine[Symbol.asyncDispose]()
  expect(engine.state()).toEqual({ status: 'stopped' })
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('a dead engine is started again, and what it died of is told meanwhile', async () => {
  const engine = host('serve', 'die', 'serve')
  const first = await until(engine, 'running')
  const seen: EngineState[] = []
  engine.onState((state) => seen.push(state))
  process.kill(first.pid, 'SIGKILL')
  const second = await until(engine, 'running', ({ pid }) => pid !== first.pid)
  expect(second.pid).not.toBe(first.pid)
  expect(seen).toMatchObject([
    { status: 'restarting', attempt: 1, reason: 'the engine was ended by SIGKILL' },
    { status: 'restarting', attempt: 2, reason: 'it broke' },
    { status: 'running', after: 'it broke' },
  ])
})

test('what trying again cannot help fails at once, with the remedy; a restart tries it anew', async () => {
  const engine = host('lacks', 'serve')
  expect(await until(engine, 'failed')).toMatchObject({ error: { code: 'failed-precondition', message: 'No subordinate ids.', hint: 'sudo usermod --add-subuids 1-2 me' } })
  expect(starts()).toBe(1)
  await engine.restart()
  await until(engine, 'running')
})

test('an engine that never gets ready is given up', async () => {
  const engine = host('die')
  expect(await until(engine, 'failed')).toMatchObject({ error: { message: 'it broke' } })
  expect(starts()).toBe(5)
})

test('a program that is not there is told as such', async () => {
  const engine = startEngineHost({ command: () => ({ program: path('nothing'), args: [] }), socketPath: path('s'), lockFile: path('lock'), backoff: [1, 1] })
  hosts.push(engine)
  expect(await until(engine, 'failed')).toMatchObject({ error: { message: expect.stringContaining('ENOENT') } })
})

test('an engine that listens already is adopted and left running', async () => {
  const other = await startElsewhere()
  const engine = host()
  expect(await until(engine, 'running')).toMatchObject({ pid: other.pid })
  expect(starts()).toBe(1)
  await engine[Symbol.asyncDispose]()
  expect(other.exitCode).toBe(null)
})

test.each([
  ['an older one gives way', '1.1.0', 2],
  ['one of the same version is adopted', '1.0.0', 1],
  ['a newer one is adopted', '0.9.0', 1],
])('of engines that listen already %s', async (_, version, count) => {
  const other = await startElsewhere()
  const engine = startEngineHost({ command: () => ({ program: process.execPath, args: fakeArgs() }), socketPath: path('s'), lockFile: path('lock'), backoff: [1, 4], version })
  hosts.push(engine)
  const { pid } = await until(engine, 'running')
  expect([starts(), pid === other.pid]).toEqual([count, count === 1])
})

test('when an adopted engine dies, one of our own is started', async () => {
  const other = await startElsewhere()
  const engine = host()
  await until(engine, 'running')
  other.kill('SIGKILL')
  expect((await until(engine, 'running', ({ pid }) => pid !== other.pid)).pid).not.toBe(other.pid)
})

test('restart ends the old engine first, adopted or not', async () => {
  const other = await startElsewhere()
  const engine = host()
  await until(engine, 'running')
  await engine.restart()
  const second = await until(engine, 'running', ({ pid }) => pid !== other.pid)
  await engine.restart()
  const third = await until(engine, 'running', ({ pid }) => pid !== second.pid)
  expect(new Set([other.pid, second.pid, third.pid]).size).toBe(3)
})

test('an adopted engine whose pid is not known is not restarted', async () => {
  await startElsewhere()
  writeFileSync(path('lock'), '')
  const engine = host()
  await until(engine, 'running')
  await expect(engine.restart()).rejects.toMatchObject({ code: 'failed-precondition', reason: 'engine-external' })
})
