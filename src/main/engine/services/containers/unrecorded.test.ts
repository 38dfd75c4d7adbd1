import { expect, onTestFinished, test, vi } from 'vitest'
import type { ContainerRecord } from './record.ts'
import { createFakeEngine, type FakeEngine } from './testing/fake-engine.ts'

/** Disks that refuse records: what may be told all the same, what is taken back, what is tried again. */
const never = new AbortController().signal

test('what cannot be recorded is taken back: a pause, ports, limits', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } })
  const before = engine.containers.get(id)
  const task = engine.runtime.tasks.get(id)!
  const update = vi.spyOn(task, 'update')
  const refused = new Error('the disk reports errors')
  for (const change of [() => engine.containers.pause(id), () => engine.containers.changePorts(id, {}), () => engine.containers.update(id, { Memory: 64 << 20 })]) {
    engine.failRecords(refused)
    await expect(change()).rejects.toBe(refused)
  }
  expect(await task.isPaused()).toBe(false)
  expect(engine.sandboxes.get(id)?.ports).toMatchObject([{ hostPort: 8080 }])
  expect(update).toHaveBeenCalledTimes(2)
  expect(engine.containers.get(id)).toEqual(before)
})

const MANY = { count: 10_000 }
const writtenState = (engine: FakeEngine, id: string) => engine.metadata.collection<ContainerRecord>('containers').find(id)?.state.status

test('an exit that cannot be recorded is told all the same; what the shim knows of it stays until it is', async () => {
  const engine = createFakeEngine()
  const id = await engine.run()
  const { ended } = engine.containers.wait(id, 'not-running', never)
  const task = engine.runtime.tasks.get(id)!
  engine.failRecords(new Error('the disk reports errors'), MANY)
  task.end({ code: 7 })
  expect(await ended).toEqual({ code: 7 })
  expect(engine.containers.get(id).state).toMatchObject({ status: 'exited', code: 7 })
  expect([engine.mounted.size, engine.sandboxes.size, task.removed, writtenState(engine, id)]).toEqual([0, 0, false, 'running'])
  await expect(engine.containers.start(id)).rejects.toThrow('the disk reports errors')
  await expect(engine.containers.remove(id)).rejects.toThrow('the disk reports errors')
  engine.failRecords(new Error(), { count: 0 })
  await vi.waitFor(() => expect([task.removed, writtenState(engine, id)]).toEqual([true, 'exited']), { timeout: 5000 })
  await engine.containers.start(id)
})

test.each([
  ['stop', { status: 'exited', code: 143 }],
  ['kill', { status: 'exited', code: 137 }],
] as const)('whoever’s disk fails can %s what its policy would start again, for good', async (verb, state) => {
  const engine = createFakeEngine()
  const id = await engine.run({ RestartPolicy: { Name: 'unless-stopped' } })
  engine.failRecords(new Error('the disk reports errors'), MANY)
  await engine.containers[verb](id)
  expect(engine.containers.get(id).state).toMatchObject(state)
  engine.failRecords(new Error(), { count: 0 })
  await vi.waitFor(() => expect(writtenState(engine, id)).toBe('exited'), { timeout: 5000 })
  const next = engine.reopen()
  await next.restore()
  expect(next.get(id)).toMatchObject({ state, stoppedByUser: true })
})

test('an engine that ends before the disk takes the record leaves the next one what the shim knows', async () => {
  const engine = createFakeEngine()
  const id = await engine.run()
  engine.failRecords(new Error('the disk reports errors'), MANY)
  await engine.containers.kill(id)
  const next = engine.reopen()
  engine.failRecords(new Error(), { count: 0 })
  await next.restore()
  expect(next.get(id).state).toMatchObject({ status: 'exited', code: 137 })
})

test('a disk that refuses every record: a container goes on from a pause, and is removed by force once it is written again', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ RestartPolicy: { Name: 'always' } })
  await engine.containers.pause(id)
  engine.failRecords(new Error('the disk reports errors'), MANY)
  await engine.containers.unpause(id)
  expect(engine.containers.get(id).state.status).toBe('running')
  await expect(engine.containers.remove(id, { force: true })).rejects.toThrow('the disk reports errors')
  expect(engine.containers.get(id).state.status).toBe('exited')
  engine.failRecords(new Error(), { count: 0 })
  await engine.containers.remove(id, { force: true })
  expect([engine.containers.records(), engine.snapshots.size]).toEqual([[], 0])
})

test.each([
  ['at once', 0],
  ['late', MANY.count],
])('a removal at the end that fails, where the exit was recorded %s, is tried again', async (_, refused) => {
  const engine = createFakeEngine()
  const id = await engine.run({ AutoRemove: true })
  const { ended } = engine.containers.wait(id, 'removed', never)
  const failure = new Error('the disk reports errors')
  engine.failRecords(failure, { count: refused })
  engine.runtime.tasks.get(id)!.end({ code: 5 })
  if (refused > 0) await vi.waitFor(() => expect(engine.containers.get(id).state.status).toBe('exited'))
  // The exit is recorded, and then the removal is not, twice.
  engine.failRecords(failure, { after: 1, count: 2 })
  expect(await ended).toEqual({ code: 5 })
  expect([engine.containers.records(), engine.snapshots.size]).toEqual([[], 0])
})

test('a restart of which nothing can be recorded is tried again', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ RestartPolicy: { Name: 'always' } })
  engine.runtime.tasks.get(id)!.end({ code: 1 })
  await vi.waitFor(() => expect(engine.containers.get(id).state.status).toBe('restarting'), { interval: 5 })
  engine.failRecords(new Error('the disk reports errors'), { count: 2 })
  await vi.waitFor(() => expect(engine.containers.get(id).state.status).toBe('running'), { timeout: 5000 })
})

test('what hangs on an exit is done before what may fail after it', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ RestartPolicy: { Name: 'always' } })
  engine.containers.createExec(id, { args: ['true'], env: [], workingDir: '', user: '', privileged: false, tty: false, stdin: false, stdout: true, stderr: true, detachKeys: undefined })
  const { ended } = engine.containers.wait(id, 'next-exit', never)
  // The exit is recorded; that the exec is over is not.
  engine.failRecords(new Error('the disk reports errors'), { after: 1 })
  engine.runtime.tasks.get(id)!.end({ code: 3 })
  expect(await ended).toEqual({ code: 3 })
  await vi.waitFor(() => expect(engine.containers.get(id).state.status).toBe('running'), { timeout: 5000 })
})

test('a network whose ports cannot be recorded is left again', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ NetworkMode: 'internal', PortBindings: { '80/tcp': [{ HostPort: '8080' }] } })
  const before = engine.containers.get(id)
  expect(before.ports).toEqual([])
  const refused = new Error('the disk reports errors')
  // The plan is recorded; what is published by it is not.
  engine.failRecords(refused, { after: 1 })
  await expect(engine.containers.connectNetwork(id, 'front', {})).rejects.toBe(refused)
  expect(engine.sandboxes.get(id)).toMatchObject({ endpoints: [{ networkId: 'id-internal' }], ports: [] })
  expect(engine.containers.get(id)).toEqual(before)
  await engine.containers.connectNetwork(id, 'front', {})
  expect(engine.containers.get(id).ports).toMatchObject([{ hostPort: 8080 }])
})

test.each([
  ['by --rm, of one that is lost', true, async (engine: FakeEngine, id: string): Promise<void> => void engine.runtime.tasks.delete(id)],
  ['by --rm, of one whose end is recorded', true, async (engine: FakeEngine, id: string): Promise<void> => {
    const held = Promise.withResolvers<void>()
    engine.holdTearDown(held.promise)
    engine.runtime.tasks.get(id)!.end({ code: 0 })
    await vi.waitUntil(() => engine.containers.get(id).state.status === 'exited')
    onTestFinished(() => held.resolve())
  }],
  ['that was cut before', false, async (engine: FakeEngine, id: string): Promise<void> => {
    engine.failNextRemoval(new Error('the disk reports errors'))
    await expect(engine.containers.remove(id, { force: true })).rejects.toThrow()
  }],
] as const)('a removal that fails while an engine starts, %s, is tried again', async (_, AutoRemove, leave) => {
  const engine = createFakeEngine()
  const id = await engine.run({ AutoRemove })
  await leave(engine, id)
  const next = engine.reopen()
  engine.holdTearDown(undefined)
  engine.failNextRemoval(new Error('the disk reports errors'))
  await next.restore()
  expect(next.find(id)).toBeDefined()
  await vi.waitFor(() => expect([next.records(), engine.snapshots.size]).toEqual([[], 0]), { timeout: 5000 })
})

test('one that was lost while the engine was away is shown so, whatever the disk does', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ AutoRemove: true })
  engine.runtime.tasks.delete(id)
  const next = engine.reopen()
  engine.failRecords(new Error('the disk reports errors'), { count: 2 })
  await next.restore()
  expect(next.get(id).state).toMatchObject({ status: 'exited', code: 255 })
  await vi.waitFor(() => expect(next.records()).toEqual([]), { timeout: 5000 })
})
