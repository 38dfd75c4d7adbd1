import { expect, test } from 'vitest'
import type { ForwardRule, PortForwarder } from '../../core/host/host.ts'
import { createFakePortForwarder } from '../../core/host/testing/fake-host.ts'
import { createPortForwards, rulesByKey } from './port-forwards.ts'

const rule = (hostPort: number, more: Partial<ForwardRule> = {}): ForwardRule => ({ protocol: 'tcp', hostIp: '0.0.0.0', hostPort, childIp: '172.17.0.2', childPort: 80, ...more })
const [web, api, sharing] = [rule(8080), rule(8081), rule(5000, { childIp: '127.0.0.1', childPort: 5000 })]
const listed = async (driver: PortForwarder) => (await driver.list()).map(({ id: _, ...each }) => each)
const none = { gone: [], strays: [] }

async function removeFrom(driver: PortForwarder, hostPort: number): Promise<void> {
  for (const { id, ...each } of await driver.list()) if (each.hostPort === hostPort) await driver.remove(id)
}

test('what the driver lost or has too many of is found, and mended; what the engine itself listens on is left', async () => {
  const driver = createFakePortForwarder()
  const forwards = createPortForwards(driver)
  const wanted = rulesByKey([web, api])
  await forwards.change(rulesByKey([]), wanted)
  await driver.add(sharing)
  expect(await forwards.compare(wanted)).toEqual(none)
  await removeFrom(driver, web.hostPort)
  const stray = rule(9999)
  await driver.add(stray)
  expect(await forwards.compare(wanted)).toEqual({ gone: [web], strays: [stray] })
  await forwards.mend()
  expect(await forwards.compare(wanted)).toEqual(none)
  expect(await listed(driver)).toEqual([api, sharing, web])
  await removeFrom(driver, api.hostPort)
  await forwards.change(wanted, rulesByKey([]))
  expect(await listed(driver)).toEqual([sharing])
})

test('mending does not touch what is being published or withdrawn meanwhile', async () => {
  const driver = createFakePortForwarder()
  const held = Promise.withResolvers<void>()
  const slow: PortForwarder = { ...driver, add: async (each) => {
    const id = await driver.add(each)
    if (each.hostPort === api.hostPort) await held.promise
    return id
  } }
  const forwards = createPortForwards(slow)
  await forwards.change(rulesByKey([]), rulesByKey([web]))
  const publishing = forwards.change(rulesByKey([]), rulesByKey([api]))
  await forwards.mend()
  expect(await listed(driver)).toEqual([web, api])
  held.resolve()
  await publishing
  const list = Promise.withResolvers<void>()
  const late = createPortForwards({ ...driver, list: () => list.promise.then(() => driver.list()) })
  const taking = late.takeOver(rulesByKey([web, api]))
  list.resolve()
  expect(await taking).toEqual([])
  const mending = late.mend()
  await late.change(rulesByKey([web]), rulesByKey([]))
  await mending
  expect(await listed(driver)).toEqual([api])
})

test('a start takes up what it finds, removes everything else, and tells what it could not have; that is tried again', async () => {
  const taken = [api.hostPort]
  const driver = createFakePortForwarder(taken)
  await driver.add(web)
  await driver.add(sharing)
  await driver.add(rule(9999))
  const forwards = createPortForwards(driver)
  const wanted = rulesByKey([web, api])
  expect(await forwards.takeOver(wanted)).toEqual([expect.stringMatching(/^port 0\.0\.0\.0:8081\/tcp of a running container is not published: .*already allocated/)])
  expect(await listed(driver)).toEqual([web])
  await expect(forwards.mend()).rejects.toMatchObject({ reason: 'port-allocated' })
  taken.pop()
  await forwards.mend()
  expect(await forwards.compare(wanted)).toEqual(none)
})
