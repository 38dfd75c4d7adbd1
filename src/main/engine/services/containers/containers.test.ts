import { expect, test, vi } from 'vitest'
import { EngineError } from '#shared/errors.ts'
import type { ExecRecord } from './exec-records.ts'
import type { ContainerRecord } from './record.ts'
import { createFakeEngine } from './testing/fake-engine.ts'

const never = new AbortController().signal

/** Unlike vi.waitFor it leaves faked timers alone. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 10_000) throw new Error(`never: ${holds.toString()}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('run: steps, events and state of a container from create to removal', async () => {
  const engine = createFakeEngine()
  const { containers, runtime } = engine
  const { id } = await containers.create({ name: 'web', config: { Image: 'busybox', Labels: { a: 'b' } }, host: {}, endpoints: {} })
  expect(containers.get('web')).toMatchObject({ id, state: { status: 'created' }, config: { Cmd: ['sh'], Hostname: id.slice(0, 12) }, host: { NetworkMode: 'bridge', RestartPolicy: { Name: 'no' } }, endpoints: { bridge: {} } })
  const { ended } = containers.wait(id, 'next-exit', never)
  await containers.start('/web')
  expect(containers.get(id.slice(0, 10)).state).toMatchObject({ status: 'running', pid: expect.any(Number) })
  expect(engine.mounted.size).toBe(1)
  runtime.tasks.get(id)?.end({ code: 5 })
  expect(await ended).toEqual({ code: 5 })
  expect(containers.get(id).state).toMatchObject({ status: 'exited', code: 5 })
  expect([engine.mounted.size, engine.sandboxes.size, runtime.tasks.size]).toEqual([0, 0, 0])
  await containers.remove('web')
  expect(engine.snapshots.size).toBe(0)
  expect(containers.find('web')).toBeUndefined()
  expect(engine.actions()).toEqual(['create', 'start', 'die', 'destroy'])
  expect(engine.events[2]?.attributes).toEqual({ a: 'b', image: 'busybox', name: 'web', exitCode: '5', execDuration: '0' })
})

test('create: names are unique, reserved while under way, and checked', async () => {
  const { containers } = createFakeEngine()
  const request = { name: 'one', config: { Image: 'busybox' }, host: {}, endpoints: {} }
  const both = await Promise.allSettled([containers.create(request), containers.create(request)])
  expect(both.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected'])
  await expect(containers.create(request)).rejects.toThrow(/Conflict. The container name "\/one" is already in use by container "[0-9a-f]{64}"/)
  await expect(containers.create({ ...request, name: '-x' })).rejects.toThrow('Invalid container name (-x)')
  await expect(containers.create({ ...request, name: 'two', config: { Image: 'nope' } })).rejects.toMatchObject({ code: 'not-found' })
  const { id } = await containers.create({ ...request, name: 'two', host: { CapAdd: ['net_admin'] } })
  // As it was asked for: clients compare it with what they would ask for.
  expect(containers.get(id).host.CapAdd).toEqual(['net_admin'])
})

test('create: what fails leaves nothing behind', async () => {
  const engine = createFakeEngine()
  const host = { Binds: ['vol:/a'], Mounts: [{ Type: 'bind', Source: '/does/not/exist', Target: '/b' }] }
  await expect(engine.containers.create({ config: { Image: 'busybox' }, host, endpoints: {} })).rejects.toThrow('bind source path does not exist: /does/not/exist')
  expect([engine.volumes.size, engine.snapshots.size, engine.containers.records().length]).toEqual([0, 0, 0])
})

test('a container whose end cannot be tidied up lets go of its root all the same', async () => {
  const engine = createFakeEngine()
  const id = await engine.run()
  const task = engine.runtime.tasks.get(id)!
  task.remove = () => Promise.reject(new Error('the runtime does not answer'))
  await engine.containers.remove(id, { force: true })
  expect([engine.mounted.size, engine.snapshots.size, engine.containers.records().length]).toEqual([0, 0, 0])
})

test('a failed start is undone and told by the state', async () => {
  const engine = createFakeEngine()
  engine.runtime.failure = new EngineError('invalid-argument', 'exec: "nope": executable file not found in $PATH', { reason: 'executable-not-found' })
  await expect(engine.run({ Binds: ['vol:/a'] })).rejects.toThrow('executable file not found')
  const [record] = engine.containers.records()
  expect(record?.state).toMatchObject({ status: 'created', failure: { code: 127 } })
  expect([engine.mounted.size, engine.sandboxes.size, engine.runtime.tasks.size, engine.volumes.get('vol')?.users.size]).toEqual([0, 0, 0, 0])
  await engine.containers.start(record?.id ?? '')
})

test('attach before start misses nothing; stdin reaches the process; detach keys leave it running', async () => {
  const engine = createFakeEngine()
  const { id } = await engine.containers.create({ config: { Image: 'busybox', OpenStdin: true, Tty: true }, host: {}, endpoints: {} })
  const attachment = engine.containers.attach(id, { stdin: true, stdout: true, stderr: true, logs: false, stream: true })
  let text = ''
  const keys = Promise.withResolvers<void>()
  const input = (async function* () {
    yield Buffer.from('ls\n')
    await keys.promise
    yield Buffer.from('\x10x\x10\x11never')
  })()
  const carried = attachment.carry({ input, write: (_stream, bytes) => void (text += Buffer.from(bytes).toString()), signal: never }, () => {})
  await engine.containers.start(id)
  const task = engine.runtime.tasks.get(id)
  task?.print('hello')
  await vi.waitFor(() => expect(text).toBe('hello'))
  keys.resolve()
  await carried
  expect(task?.received).toEqual(['ls\n', '\x10x'])
  expect(engine.containers.get(id).state.status).toBe('running')
  expect(engine.actions()).toContain('detach')
})

test('stop: the signal, then KILL when time is up', async () => {
  const engine = createFakeEngine()
  const obedient = await engine.run()
  await engine.containers.stop(obedient)
  expect(engine.containers.get(obedient)).toMatchObject({ state: { status: 'exited', code: 143 }, stoppedByUser: true })
  await expect(engine.containers.stop(obedient)).rejects.toMatchObject({ code: 'not-modified' })
  engine.runtime.obeys = []
  const stubborn = await engine.run({}, { StopSignal: 'SIGUSR1' })
  const task = engine.runtime.tasks.get(stubborn)
  await engine.containers.stop(stubborn, { timeout: 0 })
  expect(task?.signals).toEqual([10, 9])
  expect(engine.actions().filter((action) => action !== 'create')).toEqual(['start', 'kill', 'die', 'stop', 'start', 'kill', 'kill', 'die', 'stop'])
})

test('kill, pause, rename and remove refuse what does not fit the state', async () => {
  const engine = createFakeEngine()
  const { containers } = engine
  const id = await engine.run()
  await expect(containers.start(id)).rejects.toMatchObject({ code: 'not-modified' })
  await expect(containers.remove(id)).rejects.toThrow(/cannot remove container "\/.+": container is running: stop the container before removing or force remove/)
  await containers.pause(id)
  await expect(containers.start(id)).rejects.toThrow('cannot start a paused container')
  expect(() => containers.createExec(id, { args: ['true'], env: [], workingDir: '', user: '', privileged: false, tty: false, stdin: false, stdout: true, stderr: true, detachKeys: undefined })).toThrow('is paused')
  await containers.unpause(id)
  await containers.rename(id, 'fresh')
  expect(containers.get('fresh').id).toBe(id)
  await containers.kill('fresh')
  await expect(containers.kill('fresh')).rejects.toThrow('is not running')
  await expect(containers.pause('fresh')).rejects.toThrow('is not running')
  await containers.remove('fresh', { force: true })
})

test('auto-removal takes anonymous volumes, and waiters for it hear the code', async () => {
  const engine = createFakeEngine()
  const { id } = await engine.containers.create({ config: { Image: 'busybox', Volumes: { '/data': {} } }, host: { AutoRemove: true, Binds: ['kept:/kept'] }, endpoints: {} })
  const { ended } = engine.containers.wait(id, 'removed', never)
  await engine.containers.start(id)
  engine.runtime.tasks.get(id)?.end({ code: 3 })
  expect(await ended).toEqual({ code: 3 })
  expect([...engine.volumes.keys()]).toEqual(['kept'])
  expect(engine.containers.records()).toEqual([])
})

test('restart policies: back-off, retry limit, and a stop by the user', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const engine = createFakeEngine()
    const id = await engine.run({ RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } })
    for (const delay of [100, 200]) {
      engine.runtime.tasks.get(id)?.end({ code: 1 })
      await until(() => engine.containers.get(id).state.status === 'restarting' && vi.getTimerCount() === 1)
      await vi.advanceTimersByTimeAsync(delay - 1)
      expect(engine.containers.get(id).state.status).toBe('restarting')
      await vi.advanceTimersByTimeAsync(1)
      await until(() => engine.containers.get(id).state.status === 'running')
    }
    engine.runtime.tasks.get(id)?.end({ code: 1 })
    await until(() => engine.containers.get(id).state.status === 'exited')
    expect(engine.containers.get(id).restartCount).toBe(2)

    const always = await engine.run({ RestartPolicy: { Name: 'always' } })
    await engine.containers.kill(always)
    expect(engine.containers.get(always).state.status).toBe('exited')

    const between = await engine.run({ RestartPolicy: { Name: 'always' } })
    engine.runtime.tasks.get(between)?.end({ code: 3 })
    await until(() => engine.containers.get(between).state.status === 'restarting' && vi.getTimerCount() === 1)
    await engine.containers.kill(between)
    expect(engine.containers.get(between).state).toMatchObject({ status: 'exited', code: 3 })
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('health: a start period is as long as it is, whatever the clock of the machine does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
  try {
    const engine = createFakeEngine()
    engine.runtime.execResult = { code: 1, output: 'not yet' }
    const id = await engine.run({}, { Healthcheck: { Test: ['CMD', 'check'], Interval: 1e9, StartPeriod: 5e9, StartInterval: 1e9, Retries: 1 } })
    const probe = async () => {
      const before = engine.containers.get(id).health?.log.at(-1)
      await vi.advanceTimersByTimeAsync(1000)
      await until(() => engine.containers.get(id).health?.log.at(-1) !== before && vi.getTimerCount() === 1)
      return engine.containers.get(id).health?.status
    }
    expect(await probe()).toBe('starting')
    vi.setSystemTime(Date.now() + 86_400_000)
    expect(await probe()).toBe('starting')
    vi.setSystemTime(Date.now() - 2 * 86_400_000)
    for (let passed = 2; passed < 5; passed++) await probe()
    expect(await probe()).toBe('unhealthy')
  } finally {
    vi.useRealTimers()
  }
})

test('health: starting, healthy, unhealthy after retries, with the last five probes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const engine = createFakeEngine()
    const id = await engine.run({}, { Healthcheck: { Test: ['CMD', 'check'], Interval: 1e9, Retries: 2 } })
    expect(engine.containers.get(id).health?.status).toBe('starting')
    const probes = async (count: number) => {
      for (let probe = 0; probe < count; probe++) {
        const before = engine.containers.get(id).health?.log.at(-1)
        await vi.advanceTimersByTimeAsync(1000)
        await until(() => engine.containers.get(id).health?.log.at(-1) !== before && vi.getTimerCount() === 1)
      }
    }
    await probes(1)
    expect(engine.containers.get(id).health?.status).toBe('healthy')
    engine.runtime.execResult = { code: 1, output: 'refused' }
    await probes(1)
    expect(engine.containers.get(id).health).toMatchObject({ status: 'healthy', failingStreak: 1 })
    await probes(1)
    expect(engine.containers.get(id).health).toMatchObject({ status: 'unhealthy', failingStreak: 2, log: [{ exitCode: 0 }, { output: 'refused' }, { exitCode: 1 }] })
    expect(engine.actions().filter((action) => action.startsWith('health'))).toEqual(['health_status: healthy', 'health_status: unhealthy'])
  } finally {
    vi.useRealTimers()
  }
})

test('another engine on the same records: runs are followed, ends are recorded with their time, removals finished', async () => {
  const engine = createFakeEngine()
  const running = await engine.run()
  const paused = await engine.run()
  await engine.containers.pause(paused)
  const lost = await engine.run({ AutoRemove: true })
  engine.runtime.tasks.delete(lost)
  const next = engine.reopen()
  await next.restore()
  expect(next.get(running).state.status).toBe('running')
  expect(next.get(paused).state.status).toBe('paused')
  expect(next.find(lost)).toBeUndefined()
  const { ended } = next.wait(running, 'not-running', never)
  engine.runtime.tasks.get(running)?.end({ code: 4, at: 1_700_000_000_000_000_000n })
  expect(await ended).toEqual({ code: 4 })
  expect(next.get(running).state).toMatchObject({ status: 'exited', finishedAt: '2023-11-14T22:13:20.000000000Z' })
})

test('a pause that nobody asked for ends with the next engine: one for a commit, and one that was never recorded', async () => {
  const engine = createFakeEngine()
  const [committed, unrecorded] = [await engine.run(), await engine.run()]
  await engine.containers.pause(committed, { passing: true })
  await engine.runtime.tasks.get(unrecorded)!.pause()
  const next = engine.reopen()
  await next.restore()
  for (const id of [committed, unrecorded]) {
    expect(next.get(id).state).toMatchObject({ status: 'running' })
    expect(await engine.runtime.tasks.get(id)!.isPaused()).toBe(false)
  }
})

test('of an exec whose end was recorded nothing but the record is kept by the next engine', async () => {
  const engine = createFakeEngine()
  const id = await engine.run()
  const request = { args: ['true'], env: [], workingDir: '', user: '', privileged: false, tty: false, stdin: false, stdout: true, stderr: true, detachKeys: undefined }
  const [ended, open] = [engine.containers.createExec(id, request), engine.containers.createExec(id, request)]
  const records = engine.metadata.collection<ExecRecord>('execs')
  for (const exec of [ended, open]) records.put(exec, { id: exec, containerId: id, config: request, ...(exec === ended && { end: { code: 3, pid: 1, at: Date.now() } }) })
  const next = engine.reopen()
  await next.restore()
  expect([...engine.runtime.keptExecs]).toEqual([open])
  expect(next.getExec(ended)).toMatchObject({ state: { status: 'exited', code: 3 } })
})

test('a removal that failed half way can be tried again', async () => {
  const engine = createFakeEngine()
  const id = await engine.run()
  engine.failNextRemoval(new Error('EROFS: read-only file system'), { late: true })
  await expect(engine.containers.remove(id, { force: true })).rejects.toThrow('EROFS')
  expect(engine.containers.get(id).state.status).toBe('removing')
  // Lists with sizes ask every container; one whose files are gone has none.
  expect(await engine.containers.writableSize(id)).toBe(0)
  expect(engine.containers.graphDriver(id).name).toBe('overlay2')
  await engine.containers.remove(id, { force: true })
  expect(engine.containers.find(id)).toBeUndefined()
})

test('a container of --rm whose end was recorded and whose removal was cut is removed by the next engine', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ AutoRemove: true })
  const held = Promise.withResolvers<void>()
  engine.holdTearDown(held.promise)
  engine.runtime.tasks.get(id)?.end({ code: 0 })
  await vi.waitUntil(() => engine.containers.get(id).state.status === 'exited')
  const next = engine.reopen()
  engine.holdTearDown(undefined)
  await next.restore()
  expect(next.find(id)).toBeUndefined()
  held.resolve()
})

test('a container of --rm whose start was never recorded before the power went is removed by the next engine; one that was never started is kept', async () => {
  const engine = createFakeEngine()
  const create = async () => (await engine.containers.create({ config: { Image: 'busybox' }, host: { AutoRemove: true }, endpoints: {} })).id
  const [torn, created] = [await create(), await create()]
  engine.torn.add(torn)
  const next = engine.reopen()
  await next.restore()
  expect(next.records().map(({ id }) => id)).toEqual([created])
})

test('a container of --rm is kept over a restart, and goes when an engine is cut in it', async () => {
  const engine = createFakeEngine()
  const id = await engine.run({ AutoRemove: true })
  await engine.containers.restart(id, {})
  expect(engine.containers.get(id)).toMatchObject({ host: { AutoRemove: true }, state: { status: 'running' } })
  const { ended } = engine.containers.wait(id, 'not-running', never)
  const cut = engine.containers.restart(id, {}).catch(() => {})
  await ended
  const next = engine.reopen()
  await next.restore()
  await cut
  expect(next.find(id)).toBeUndefined()
})

test('a connection or disconnection that was cut after its record is finished by the next engine; one that cannot be made is taken back', async () => {
  const engine = createFakeEngine()
  const [joining, leaving, refused, stopped] = [await engine.run(), await engine.run(), await engine.run(), await engine.run()]
  await engine.containers.connectNetwork(leaving, 'front', {})
  engine.runtime.tasks.get(stopped)!.end({ code: 0 })
  await vi.waitUntil(() => engine.containers.get(stopped).state.status === 'exited')
  const records = engine.metadata.collection<ContainerRecord>('containers')
  const record = (id: string, networks: string[]) => records.put(id, { ...records.find(id)!, endpoints: Object.fromEntries(networks.map((name) => [name, {}])) })
  for (const [id, networks] of [[joining, ['bridge', 'front']], [leaving, ['bridge']], [refused, ['bridge', 'full']], [stopped, ['bridge', 'front']]] as const) record(id, [...networks])
  const next = engine.reopen()
  await next.restore()
  const networksOf = (id: string) => [engine.sandboxes.get(id)?.endpoints.map(({ networkId }) => networkId), Object.keys(next.get(id).endpoints)]
  expect(networksOf(joining)).toEqual([['id-bridge', 'id-front'], ['bridge', 'front']])
  expect(networksOf(leaving)).toEqual([['id-bridge'], ['bridge']])
  expect(networksOf(refused)).toEqual([['id-bridge'], ['bridge']])
  expect(networksOf(stopped)).toEqual([undefined, ['bridge', 'front']])
})

test('other ports of which an engine that was cut has no record are taken back, what a cut connection made possible is recorded', async () => {
  const engine = createFakeEngine()
  const [changing, publishing, same] = [await engine.run({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }), await engine.run({ NetworkMode: 'internal', PortBindings: { '80/tcp': [{ HostPort: '8081' }] } }), await engine.run({ PortBindings: { '80/tcp': [{ HostPort: '8082' }] } })]
  const other = { protocol: 'tcp' as const, containerPort: 80, hostIp: '', hostPort: 9090 }
  for (const id of [changing, publishing]) engine.sandboxes.get(id)!.ports = [other]
  const next = engine.reopen()
  await next.restore()
  const portsOf = (id: string) => [next.get(id).ports.map(({ hostPort }) => hostPort), engine.sandboxes.get(id)!.ports.map(({ hostPort }) => hostPort)]
  expect([changing, publishing, same].map(portsOf)).toEqual([[[8080], [8080]], [[8081], [8081]], [[8082], [8082]]])
})

test('an exec that nobody began ends with its container', async () => {
  const { containers, runtime, run } = createFakeEngine()
  const id = await run()
  const exec = containers.createExec(id, { args: ['true'], env: [], workingDir: '', user: '', privileged: false, tty: false, stdin: false, stdout: true, stderr: true, detachKeys: undefined })
  expect(containers.getExec(exec).state.status).toBe('created')
  const { ended } = containers.wait(id, 'next-exit', never)
  runtime.tasks.get(id)?.end({ code: 0 })
  await ended
  await containers.start(id)
  expect(() => containers.getExec(exec)).toThrow('No such exec instance')
})

test('list: filters and order', async () => {
  const engine = createFakeEngine()
  const first = await engine.run({}, { Labels: { tier: 'web', size: 's' } })
  const second = await engine.run({ PortBindings: { '80/tcp': [{ HostPort: '8080' }] } }, { Labels: { tier: 'db' } })
  await engine.containers.stop(first)
  const ids = async (options: Parameters<typeof engine.containers.list>[0]) => (await engine.containers.list(options)).map((record) => record.id)
  expect(await ids({})).toEqual([second])
  expect(await ids({ all: true })).toEqual([second, first])
  expect(await ids({ limit: 1 })).toEqual([second])
  expect(await ids({ all: true, filters: { label: ['tier=web', 'size'] } })).toEqual([first])
  expect(await ids({ filters: { status: ['exited'] } })).toEqual([first])
  expect(await ids({ all: true, filters: { exited: ['143'] } })).toEqual([first])
  expect(await ids({ filters: { exited: ['143'] } })).toEqual([])
  expect(await ids({ filters: { before: [second] } })).toEqual([])
  expect(await ids({ filters: { publish: ['8080'] } })).toEqual([second])
  expect(await ids({ filters: { publish: ['80'] } })).toEqual([])
  expect(await ids({ filters: { since: [first] } })).toEqual([second])
  expect(await ids({ all: true, filters: { name: [`^/${engine.containers.get(first).name}$`] } })).toEqual([first])
  expect(await ids({ all: true, filters: { ancestor: ['busybox'] } })).toEqual([second, first])
  await expect(engine.containers.list({ filters: { nope: ['x'] } })).rejects.toThrow("invalid filter 'nope'")
})

test('ports change while it runs, and are recorded', async () => {
  const engine = createFakeEngine()
  const id = await engine.run()
  expect(await engine.containers.changePorts(id, { '80/tcp': [{ HostPort: '9090' }] })).toMatchObject([{ containerPort: 80, hostPort: 9090 }])
  expect(engine.containers.get(id)).toMatchObject({ host: { PortBindings: { '80/tcp': [{ HostPort: '9090' }] } }, ports: [{ hostPort: 9090 }], config: { ExposedPorts: { '80/tcp': {} } } })
})
