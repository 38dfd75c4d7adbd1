import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)

interface Event {
  Type: string
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
  status?: string
  id?: string
  from?: string
  scope: string
  time: number
  timeNano: number
}

/** Everything since `from` (unix seconds) until now, of one actor where named. */
async function history(from: number, filters: object = {}): Promise<Event[]> {
  const until = (Date.now() + 1) / 1000
  const reply = await callRaw(stage.engine.socket, 'GET', `/events?since=${from}&until=${until}&filters=${encodeURIComponent(JSON.stringify(filters))}`)
  expect(reply.headers['content-type']).toBe('application/json')
  return reply.text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Event)
}
const actions = (events: Event[]) => events.map(({ Action }) => Action)

test('a container\'s life, in the order and with the attributes that clients expect', async () => {
  const from = Date.now() / 1000
  await ok('run', '--name', 'life', '--label', 'a=b', stage.busybox, 'sh', '-c', 'exit 3').catch(() => undefined)
  await ok('rename', 'life', 'lived')
  await ok('rm', 'lived')
  const events = await history(from, { type: ['container'] })
  expect(actions(events)).toEqual(['create', 'attach', 'start', 'die', 'rename', 'destroy'])
  const [created, , , died, renamed] = events
  expect(created).toMatchObject({ Type: 'container', scope: 'local', status: 'create', id: created?.Actor.ID, from: stage.busybox, Actor: { Attributes: { name: 'life', image: stage.busybox, a: 'b' } } })
  expect(died?.Actor.Attributes).toMatchObject({ exitCode: '3', execDuration: expect.stringMatching(/^\d+$/) })
  expect(renamed?.Actor.Attributes).toMatchObject({ name: 'lived', oldName: '/life' })
  expect(Math.floor((created?.timeNano ?? 0) / 1e9)).toBe(created?.time)
})

test('probes of a health check, a save and prunes', async () => {
  const from = Date.now() / 1000
  await ok('run', '-d', '--name', 'checked', '--health-cmd', 'true', '--health-interval', '100ms', stage.busybox, 'sleep', '1000')
  await expect.poll(() => ok('inspect', '-f', '{{.State.Health.Status}}', 'checked'), { timeout: 60_000, interval: 100 }).toBe('healthy')
  await ok('rm', '-f', 'checked')
  const probes = await history(from, { container: ['checked'] })
  expect(actions(probes).slice(0, 6)).toEqual(['create', 'start', 'exec_create: /bin/sh -c true', 'exec_start: /bin/sh -c true', 'exec_die', 'health_status: healthy'])
  expect(probes[4]?.Actor.Attributes).toMatchObject({ exitCode: '0', execID: probes[2]?.Actor.Attributes['execID'] })

  const id = await ok('image', 'inspect', '-f', '{{.Id}}', stage.busybox)
  await callRaw(stage.engine.socket, 'GET', `/images/${id}/get`)
  await ok('network', 'create', 'unused')
  await ok('network', 'prune', '-f')
  await callRaw(stage.engine.socket, 'POST', '/build/prune')
  const told = (await history(from, { type: ['image', 'network', 'builder'] })).filter(({ Action }) => Action === 'save' || Action === 'prune')
  expect(told.map(({ Type, Action, Actor }) => [Type, Action, Actor.ID])).toEqual([['image', 'save', id], ['network', 'prune', ''], ['builder', 'prune', '']])
  expect(told[1]).not.toHaveProperty('id')
})

test('signals, pauses, restarts and execs', async () => {
  const from = Date.now() / 1000
  await ok('run', '-d', '--name', 'busy', stage.busybox, 'sleep', '1000')
  await ok('exec', 'busy', 'sh', '-c', 'exit 2').catch(() => undefined)
  await ok('pause', 'busy')
  await ok('unpause', 'busy')
  await ok('top', 'busy')
  await ok('update', '--restart', 'no', 'busy')
  await ok('restart', '-t', '0', 'busy')
  await ok('kill', 'busy')
  const events = await history(from, { container: ['busy'] })
  expect(actions(events)).toEqual(['create', 'start', 'exec_create: sh -c exit 2', 'exec_start: sh -c exit 2', 'exec_die', 'pause', 'unpause', 'top', 'update', 'kill', 'kill', 'die', 'stop', 'start', 'restart', 'kill', 'die'])
  expect(events[4]?.Actor.Attributes).toMatchObject({ exitCode: '2', execID: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(events.findLast(({ Action }) => Action === 'kill')?.Actor.Attributes['signal']).toBe('9')
  await ok('rm', '-f', 'busy')
})

test('images, volumes and networks', async () => {
  const from = Date.now() / 1000
  await ok('tag', stage.busybox, 'told:1')
  await ok('rmi', 'told:1')
  await ok('volume', 'create', 'told')
  await ok('run', '--rm', '-v', 'told:/v', stage.busybox, 'true')
  await ok('volume', 'rm', 'told')
  await ok('network', 'create', 'told')
  await ok('network', 'rm', 'told')
  expect(actions(await history(from, { type: ['image'] }))).toEqual(['tag', 'untag'])
  expect(actions(await history(from, { volume: ['told'] }))).toEqual(['create', 'mount', 'unmount', 'destroy'])
  expect(actions(await history(from, { network: ['told'] }))).toEqual(['create', 'destroy'])
  expect(actions(await history(from, { type: ['network'], event: ['connect', 'disconnect'] }))).toEqual(['connect', 'disconnect'])
})

test('filters: all names must hold, one of the values is enough; unknown ones change nothing, as with Docker', async () => {
  const from = Date.now() / 1000
  await ok('run', '--rm', '--name', 'one', '--label', 'team=a', stage.busybox, 'true')
  await ok('run', '--rm', '--name', 'two', stage.busybox, 'true')
  expect(actions(await history(from, { label: ['team=a'], event: ['start', 'die'] }))).toEqual(['start', 'die'])
  expect(new Set((await history(from, { container: ['one', 'two'] })).map(({ Actor }) => Actor.Attributes['name']))).toEqual(new Set(['one', 'two']))
  expect(actions(await history(from, { image: [stage.busybox], event: ['create'] }))).toEqual(['create', 'create'])
  expect((await callRaw(stage.engine.socket, 'GET', '/events?until=1&filters={"nonsense":["x"]}')).status).toBe(200)
})

test('the client follows what happens', async () => {
  const child = spawn('docker', ['-H', `unix://${stage.engine.socket}`, 'events', '--filter', 'type=container', '--format', '{{.Action}} {{.Actor.Attributes.name}}'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  // The client gives no sign that it listens; whatever it heard first, the last container's end is heard.
  const made = (async () => {
    while (lines.length === 0) await ok('run', '--rm', '--name', 'heard', stage.busybox, 'true')
    await ok('run', '--rm', '--name', 'last', stage.busybox, 'true')
  })()
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line === 'destroy last') child.kill()
  }
  await made
  expect(lines.slice(-5)).toEqual(['create last', 'attach last', 'start last', 'die last', 'destroy last'])
})

test('history outlives the engine', async () => {
  const from = Date.now() / 1000
  await ok('volume', 'create', 'before')
  await stage.engine.kill()
  await stage.engine.start()
  await ok('volume', 'rm', 'before')
  expect(actions(await history(from, { volume: ['before'] }))).toEqual(['create', 'destroy'])
})
