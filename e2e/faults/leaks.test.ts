import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../fixtures/registry.ts'
import { setStage, type Stage } from '../fixtures/stage.ts'
import { names, observe, openFiles } from './observe.ts'

const CONTAINERS = 60
const AT_ONCE = 6

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

/** One container's life, with everything that a container can hold: a port, two networks, a named and an anonymous volume, an exec, a health check. */
async function live(index: number): Promise<string> {
  const { engine, busybox } = stage
  const name = `leak-${index}`
  const network = `leak-net-${index % AT_ONCE}`
  const options = ['--name', name, '--network', network, '-p', `127.0.0.1:${await freePort()}:8080`, '-v', `leak-vol-${index % AT_ONCE}:/named`, '-v', '/anonymous', '--health-cmd', 'true', '--health-interval', '1s']
  if (index % 3 === 0) {
    const id = await engine.ok('create', ...options, busybox, 'sh', '-c', 'echo out; exit 3')
    await engine.ok('start', name)
    expect(await engine.ok('wait', name)).toBe('3')
    await engine.ok('rm', '-v', name)
    return id
  }
  const id = await engine.ok('run', '-d', ...(index % 3 === 1 ? ['--rm'] : []), ...options, busybox, 'sleep', '1000')
  await engine.ok('network', 'connect', 'bridge', name)
  await engine.ok('exec', name, 'true')
  if (index % 3 === 1) await engine.ok('stop', '-t', '0', name)
  else await engine.ok('rm', '-fv', name)
  return id
}

async function round(from: number, count: number): Promise<string[]> {
  const { engine } = stage
  const slots = Array.from({ length: AT_ONCE }, (_slot, index) => index)
  await Promise.all(slots.map((slot) => engine.ok('network', 'create', `leak-net-${slot}`)))
  const ids = await Promise.all(
    slots.map(async (slot) => {
      const made: string[] = []
      for (let index = slot; index < count; index += AT_ONCE) made.push(await live(from + index))
      return made
    }),
  )
  await expect.poll(() => engine.ok('ps', '-aq'), { timeout: 10_000 }).toBe('')
  await engine.ok('network', 'rm', ...slots.map((slot) => `leak-net-${slot}`))
  await engine.ok('volume', 'rm', ...slots.map((slot) => `leak-vol-${slot}`))
  return ids.flat()
}

test(`after ${CONTAINERS} containers with ports, networks and volumes everything is as it was`, async () => {
  const { engine } = stage
  // What an engine keeps from its first use on (worker threads, a compiled filter) is no leak.
  await round(0, AT_ONCE)
  const named = async () => (await openFiles(engine.pid)).filter((path) => path.startsWith('/'))
  // Worker threads and connections of the first use end in their own time: of these there may be fewer.
  const nameless = async () => (await openFiles(engine.pid)).length
  await expect.poll(async () => (await observe(engine)).veths, { timeout: 10_000 }).toBe(0)
  const before = { ...(await observe(engine)), files: await named(), volumes: await names(`${engine.dataRoot}/volumes`), temporary: await names(`${engine.dataRoot}/tmp`) }
  const namelessBefore = await nameless()
  const ids = await round(AT_ONCE, CONTAINERS)
  expect(ids).toHaveLength(CONTAINERS)
  const now = async () => ({ ...(await observe(engine, ids)), files: await named(), volumes: await names(`${engine.dataRoot}/volumes`), temporary: await names(`${engine.dataRoot}/tmp`) })
  await expect.poll(now, { timeout: 15_000, interval: 300 }).toEqual({ ...before, cgroups: [] })
  await expect.poll(nameless, { timeout: 15_000, interval: 300 }).toBeLessThanOrEqual(namelessBefore)
  expect(await engine.ok('volume', 'ls', '-q')).toBe('')
})
