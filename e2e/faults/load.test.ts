import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { observe, openFiles } from './observe.ts'

/** Much of everything at once: `npm run load`, or a part of it with SLIPWAY_LOAD=0.1. Bounded memory, nobody starved, and all of it gone after. */
const SCALE = Number(process.env['SLIPWAY_LOAD'] ?? 0)
const many = (count: number) => Math.max(1, Math.round(count * SCALE))
const [CREATED, RUNNING, FOLLOWERS, ATTACHED, PULLS, IDLE] = [1000, 200, 100, 50, 20, 10_000].map(many) as [number, number, number, number, number, number]
/** Of the engine, at any moment. */
const MOST_MEGABYTES = 700

let stage: Stage
const figures: string[] = []
const opened: Socket[] = []

async function call<Body = { Id: string }>(method: string, path: string, body?: unknown): Promise<Body> {
  const reply = await callRaw(stage.engine.socket, method, path, body)
  if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
  return (reply.text === '' ? {} : reply.json()) as Body
}

async function atOnce<Item>(width: number, items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items.entries()]
  await Promise.all(Array.from({ length: width }, async () => {
    for (let next = left.shift(); next; next = left.shift()) await work(next[1])
  }))
}

const megabytes = async () => Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${stage.engine.pid}/status`, 'utf8'))![1]) / 1024

/** While `work` goes on another client asks for the list all the time: it is served, and the engine stays within its memory. */
async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  const [start, waits] = [performance.now(), [] as number[]]
  let [most, going] = [0, true]
  const other = (async () => {
    while (going) {
      const asked = performance.now()
      expect((await callRaw(stage.engine.socket, 'GET', '/containers/json?limit=1')).status).toBe(200)
      waits.push(performance.now() - asked)
      most = Math.max(most, await megabytes())
      await pause(100)
    }
  })()
  await work().finally(() => (going = false))
  await other
  const sorted = waits.toSorted((a, b) => a - b)
  figures.push(`| ${what} | ${((performance.now() - start) / 1000).toFixed(1)} s | ${most.toFixed(0)} MB | ${sorted[Math.floor(sorted.length / 2)]!.toFixed(0)} ms | ${sorted.at(-1)!.toFixed(0)} ms |`)
  expect(most).toBeLessThan(MOST_MEGABYTES)
}

/** A connection that has sent its request; it is read only when the test does. */
async function openRaw(head: string): Promise<Socket> {
  const socket = connect({ path: stage.engine.socket }).on('error', () => {})
  const there = await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => error.code !== 'EAGAIN' && Promise.reject(error))
  // The kernel's own queue is full: as any client would, a moment later again.
  if (!there) return await pause(100).then(() => openRaw(head))
  opened.push(socket)
  if (head) socket.write(`${head}\r\nHost: docker\r\n\r\n`)
  return socket
}

/** Until it has sent something. */
const spoken = (socket: Socket) => once(socket, 'readable')

describe.runIf(SCALE > 0)(`load, ${SCALE} of it`, () => {
  beforeAll(async () => void (stage = await setStage()))
  afterAll(async () => {
    for (const socket of opened) socket.destroy()
    await stage?.[Symbol.asyncDispose]()
  })

  test('created, running, followed, attached, pulled, connected: within bounds, and gone after', { timeout: 3_600_000 }, async () => {
    const { engine, busybox, registry, folder } = stage
    await engine.ok('run', '--rm', busybox, 'true')
    const before = await observe(engine)
    const filesBefore = (await openFiles(engine.pid)).length
    const range = (count: number) => Array.from({ length: count }, (_item, index) => index)
    // Floods, of which each is attached to by somebody who reads slowly or not at all; speakers, whose logs are followed.
    const command = (index: number) => (index < ATTACHED ? ['sh', '-c', 'read go; yes 0123456789012345678901234567890123456789'] : ['sh', '-c', 'while sleep 1; do echo a line; done'])
    await measured(`create ${CREATED}`, () => atOnce(8, range(CREATED), (index) => call('POST', `/containers/create?name=load-${index}`, { Image: busybox, OpenStdin: index < ATTACHED, Cmd: command(index), HostConfig: { NetworkMode: index % 2 ? 'none' : 'bridge', LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } } } })))
    await measured(`start ${RUNNING}`, () => atOnce(8, range(RUNNING), (index) => call('POST', `/containers/load-${index}/start`)))
    await measured(`follow ${FOLLOWERS} logs, half of them never read`, async () => {
      const followers = await Promise.all(range(FOLLOWERS).map((index) => openRaw(`GET /containers/load-${ATTACHED + (index % Math.max(1, RUNNING - ATTACHED))}/logs?follow=1&stdout=1 HTTP/1.1`)))
      await Promise.all(followers.filter((_socket, index) => index % 2 === 0).map(async (socket) => (await spoken(socket), socket.resume())))
    })
    await measured(`attach ${ATTACHED} to floods, half of them never read`, async () => {
      const clients = await Promise.all(range(ATTACHED).map((index) => openRaw(`POST /containers/load-${index}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp`)))
      await Promise.all(clients.map(async (socket, index) => {
        await spoken(socket)
        socket.write('go\n')
        if (index % 2 === 0) socket.on('data', () => (socket.pause(), setTimeout(() => socket.resume(), 50)))
      }))
      await pause(10_000)
    })
    await measured(`pull ${PULLS} at once`, async () => {
      await atOnce(4, range(PULLS), (index) => registry.push(join(folder, 'web-1.1'), 'x', `load-${index}:1`))
      await Promise.all(range(PULLS).map((index) => engine.ok('pull', '-q', `${registry.host}/load-${index}:1`)))
    })
    await measured(`${IDLE} idle connections`, async () => {
      await atOnce(200, range(IDLE), () => openRaw(''))
      expect(await engine.ok('run', '--rm', busybox, 'echo', 'served')).toBe('served')
    })
    await measured('everybody leaves, everything is removed', async () => {
      for (const socket of opened.splice(0)) socket.destroy()
      await atOnce(8, range(CREATED), (index) => call('DELETE', `/containers/load-${index}?force=1&v=1`))
      await engine.ok('image', 'prune', '-af')
    })
    await expect.poll(() => observe(engine).then(({ snapshots: _, ...rest }) => rest), { timeout: 60_000 }).toEqual((({ snapshots: _, ...rest }) => rest)(before))
    await expect.poll(async () => (await openFiles(engine.pid)).length, { timeout: 60_000 }).toBeLessThanOrEqual(filesBefore + 4)
    console.log(['', '| what | took | most memory of the engine | another client: median | longest |', '|---|---|---|---|---|', ...figures, `| at rest after | | ${(await megabytes()).toFixed(0)} MB | | |`].join('\n'))
  })
})
