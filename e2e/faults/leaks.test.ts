import { afterEach, beforeEach, expect, test } from 'vitest'
import { callRaw } from '../fixtures/raw-api.ts'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { names, observe, openFiles } from './observe.ts'

const CONTAINERS = 200
const AT_ONCE = 8

let stage: Stage
beforeEach(async () => void (stage = await setStage()))
afterEach(async () => stage?.[Symbol.asyncDispose]())

const call = async <Body = { Id: string }>(method: string, path: string, body?: unknown): Promise<Body> => {
  const reply = await callRaw(stage.engine.socket, method, `/v1.45${path}`, body)
  if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`)
  return (reply.text === '' ? {} : reply.json()) as Body
}

const taken = new Set<number>()
/** What the kernel gives is free until somebody listens, and so it may give the same to two containers at once. */
async function ownPort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (taken.has(port)) continue
    taken.add(port)
    return port
  }
}

/** What a container may hold, mixed: ports of every protocol and as a range, one network or two or none, named and anonymous volumes, tmpfs, execs, health checks. */
function request(index: number, ports: readonly number[]) {
  const slot = index % AT_ONCE
  const [one, two] = ports.map((port) => [{ HostIp: '127.0.0.1', HostPort: String(port) }])
  const NetworkMode = ['bridge', `leak-net-${slot}`, 'none', 'host', `leak-net-${slot}`][index % 5]!
  const published = NetworkMode === 'bridge' || NetworkMode.startsWith('leak') ? { '8080/tcp': one, '8081/udp': two, '9000/sctp': [{ HostIp: '127.0.0.1', HostPort: '' }] } : {}
  return {
    Image: stage.busybox,
    Cmd: index % 4 === 0 ? ['sh', '-c', 'echo out; exit 3'] : ['sleep', '1000'],
    ExposedPorts: Object.fromEntries(Object.keys(published).map((port) => [port, {}])),
    Volumes: { '/anonymous': {} },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1_000_000_000 },
    HostConfig: { NetworkMode, PortBindings: published, AutoRemove: index % 4 === 1, Binds: [`leak-vol-${slot}:/named`], Tmpfs: { '/t': 'size=64k' } },
  }
}

/** One container's life, ended in one of four ways: by itself, by --rm after a stop, by force while it runs, killed. */
async function live(index: number): Promise<string> {
  const { Id } = await call('POST', `/containers/create?name=leak-${index}`, request(index, [await ownPort(), await ownPort()]))
  await call('POST', `/containers/${Id}/start`)
  const ending = index % 4
  if (ending === 0) {
    expect(await call('POST', `/containers/${Id}/wait`)).toMatchObject({ StatusCode: 3 })
    await call('DELETE', `/containers/${Id}?v=1`)
    return Id
  }
  if (index % 5 === 1) await call('POST', '/networks/bridge/connect', { Container: Id })
  if (index % 3 === 0) {
    const exec = await call('POST', `/containers/${Id}/exec`, { Cmd: ['true'] })
    // Until it has ended: answered with its output, which is no JSON.
    await callRaw(stage.engine.socket, 'POST', `/exec/${exec.Id}/start`, { Detach: false })
  }
  if (ending === 3) await call('POST', `/containers/${Id}/kill`)
  if (ending === 1) await call('POST', `/containers/${Id}/stop?t=0`)
  else await call('DELETE', `/containers/${Id}?force=1&v=1`)
  return Id
}

async function round(from: number, count: number): Promise<string[]> {
  const slots = Array.from({ length: AT_ONCE }, (_slot, index) => index)
  await Promise.all(slots.map((slot) => call('POST', '/networks/create', { Name: `leak-net-${slot}`, EnableIPv6: slot % 2 === 0 })))
  const ids = await Promise.all(
    slots.map(async (slot) => {
      const made: string[] = []
      for (let index = slot; index < count; index += AT_ONCE) made.push(await live(from + index))
      return made
    }),
  )
  await expect.poll(() => call('GET', '/containers/json?all=1'), { timeout: 10_000 }).toEqual([])
  await Promise.all(slots.flatMap((slot) => [call('DELETE', `/networks/leak-net-${slot}`), call('DELETE', `/volumes/leak-vol-${slot}`)]))
  return ids.flat()
}

test(`after ${CONTAINERS} containers with ports, networks, volumes, execs and health checks everything is as it was`, async () => {
  const { engine } = stage
  // What an engine keeps from its first use on (worker threads, a compiled filter) is no leak.
  await round(0, 4 * AT_ONCE)
  const named = async () => (await openFiles(engine.pid)).filter((path) => path.startsWith('/'))
  // Worker threads and connections of the first use end in their own time: of these there may be fewer.
  const nameless = async () => (await openFiles(engine.pid)).length
  await expect.poll(async () => (await observe(engine)).veths, { timeout: 10_000 }).toBe(0)
  const before = { ...(await observe(engine)), files: await named(), volumes: await names(`${engine.dataRoot}/volumes`), temporary: await names(`${engine.dataRoot}/tmp`) }
  const namelessBefore = await nameless()
  const ids = await round(4 * AT_ONCE, CONTAINERS)
  expect(ids).toHaveLength(CONTAINERS)
  const now = async () => ({ ...(await observe(engine, ids)), files: await named(), volumes: await names(`${engine.dataRoot}/volumes`), temporary: await names(`${engine.dataRoot}/tmp`) })
  await expect.poll(now, { timeout: 15_000, interval: 300 }).toEqual({ ...before, cgroups: [] })
  await expect.poll(nameless, { timeout: 15_000, interval: 300 }).toBeLessThanOrEqual(namelessBefore)
  expect((await call<{ Volumes: unknown[] }>('GET', '/volumes')).Volumes).toEqual([])
})
