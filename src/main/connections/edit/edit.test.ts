import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import type { EditRequest } from '#shared/contract/edit.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import { createFakeDocker, type FakeDocker } from '../testing/fake-docker.ts'
import { createEdits, type Edits } from './edits.ts'
import { memoryJournal } from '../journal.ts'
import type { EditRecord } from './journal.ts'

/** web, made of every kind of thing that has been lost by others: an anonymous volume, aliases, a fixed address, labels, a bind with options. */
function setScene({ running = true, slipway = false } = {}) {
  const docker = createFakeDocker()
  docker.images.set('app:1', { Id: 'sha256:one', Config: { Env: ['PATH=/bin', 'VERSION=1'], Cmd: ['serve'], Labels: { vendor: 'us' }, Volumes: { '/cache': {} } }, fate: 'runs' })
  docker.images.set('app:2', { Id: 'sha256:two', Config: { Env: ['PATH=/bin', 'VERSION=2'], Cmd: ['serve', '--new'] }, fate: 'runs' })
  docker.images.set('broken:1', { Id: 'sha256:broken', Config: {}, fate: 'ends' })
  docker.images.set('ill:1', { Id: 'sha256:ill', Config: {}, fate: 'unhealthy' })
  docker.create('web', {
    Image: 'app:1',
    Env: ['PATH=/bin', 'VERSION=1', 'MODE=fast'],
    Cmd: ['serve'],
    Labels: { vendor: 'us', 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
    Volumes: { '/cache': {} },
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { Binds: ['/srv/site:/site:ro,z', 'data:/data'], Mounts: [{ Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 5 } }], NetworkMode: 'shop', PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 }, Sysctls: { 'net.core.somaxconn': '9' }, CgroupParent: 'shop.slice' },
    NetworkingConfig: { EndpointsConfig: { shop: { Aliases: ['web', 'www'], IPAMConfig: { IPv4Address: '172.20.0.9' }, DriverOpts: { a: 'b' } } } },
  })
  const id = docker.find('web').Id
  docker.find('web').NetworkSettings!.Networks!['back'] = { Aliases: ['api'] }
  if (running) docker.start('web')
  docker.calls.length = 0
  const facts = { slipway }
  const connection = { api: docker.api, ready: async () => {}, summary: () => ({ target: { kind: 'socket', socketPath: '/x' }, state: { status: 'ready', facts } }) } as unknown as Connection
  const journal = memoryJournal<EditRecord>()
  const makeEdits = (times = 0) => createEdits(journal, { settle: 1, healthy: 20 }, { times, first: 1, most: 4 })
  return { docker, id, connection, journal, makeEdits, edits: makeEdits() }
}

const operation = (signal = new AbortController().signal) => ({ signal, progress: () => {} })

async function requestOf({ edits, connection, id }: { edits: Edits; connection: Connection; id: string }, change: Partial<ContainerSettings>, more: Partial<EditRequest> = {}): Promise<EditRequest> {
  const { settings, revision } = await edits.of(connection).editable({ id }, operation())
  return { id, revision, settings: { ...settings, ...change }, ...more }
}

const environment = ['PATH=/bin', 'VERSION=1', 'MODE=slow', 'EXTRA=1']

test('a recreate changes what was asked and carries all else over, in words as they were', async () => {
  const scene = setScene()
  const before = scene.docker.find('web')
  const anonymous = before.Mounts!.find(({ Destination }) => Destination === '/cache')!.Name
  const request = await requestOf(scene, { environment })
  expect(await scene.edits.of(scene.connection).planEdit(request, operation())).toMatchObject({ how: 'recreate', changes: [{ setting: 'environment', removed: ['MODE=fast'], added: ['MODE=slow', 'EXTRA=1'], live: false }], warnings: [{ kind: 'stops' }, { kind: 'writable-layer' }] })
  const done = await scene.edits.of(scene.connection).edit(request, operation())
  const after = scene.docker.find('web')
  expect(done).toEqual({ id: after.Id, name: 'web', how: 'recreate' })
  expect(after.Id).not.toBe(before.Id)
  expect(scene.docker.containers.size).toBe(1)
  expect(after).toMatchObject({
    State: { Status: 'running' },
    Config: { Env: environment, Labels: before.Config.Labels, Cmd: ['serve'] },
    HostConfig: { ...before.HostConfig, Mounts: [...before.HostConfig.Mounts!, { Type: 'volume', Source: anonymous, Target: '/cache', ReadOnly: false }], Links: null, Tmpfs: {} },
    NetworkSettings: { Networks: { shop: before.NetworkSettings!.Networks!['shop'], back: { Aliases: ['api'] } } },
  })
  expect(after.Config.Hostname).toBe(after.Id.slice(0, 12))
  expect(await scene.journal.all()).toEqual([])
})

test('mounts: what is new is mounted, what goes is told by name and kept', async () => {
  const scene = setScene()
  const { settings } = await scene.edits.of(scene.connection).editable({ id: scene.id }, operation())
  const mounts: ContainerSettings['mounts'] = [...settings.mounts.filter(({ target }) => target !== '/data'), { kind: 'bind', source: '/home/ada/pictures', target: '/pictures', readOnly: true }]
  const request = await requestOf(scene, { mounts })
  expect((await scene.edits.of(scene.connection).planEdit(request, operation())).warnings).toContainEqual({ kind: 'volume-let-go', names: ['data'] })
  await scene.edits.of(scene.connection).edit(request, operation())
  expect(scene.docker.find('web').HostConfig).toMatchObject({ Binds: ['/srv/site:/site:ro,z'], Mounts: expect.arrayContaining([{ Type: 'bind', Source: '/home/ada/pictures', Target: '/pictures', ReadOnly: true }]) })
  expect(scene.docker.volumes).toContain('data')
})

test('another image says again what the container had from the first, and nothing of what the user said is lost', async () => {
  const scene = setScene()
  await scene.edits.of(scene.connection).edit(await requestOf(scene, { image: 'app:2' }), operation())
  expect(scene.docker.find('web').Config).toMatchObject({ Image: 'app:2', Env: ['MODE=fast'], Cmd: null, Labels: { 'com.docker.compose.project': 'shop' }, ExposedPorts: { '80/tcp': {} } })
})

test('an image whose name has gone to another is kept by its id, unless the newer one is asked for', async () => {
  const scene = setScene()
  scene.docker.images.set('old', scene.docker.images.get('app:1')!)
  scene.docker.images.set('app:1', scene.docker.images.get('app:2')!)
  expect(await scene.edits.of(scene.connection).editable({ id: scene.id }, operation())).toMatchObject({ newerImage: true })
  const { id } = await scene.edits.of(scene.connection).edit(await requestOf(scene, { user: '1000' }), operation())
  expect(scene.docker.find('web')).toMatchObject({ Image: 'sha256:one', Config: { User: '1000' } })
  await scene.edits.of(scene.connection).edit(await requestOf({ ...scene, id }, { image: 'app:1' }, { newerImage: true }), operation())
  expect(scene.docker.find('web').Image).toBe('sha256:two')
})

test('what was written inside becomes an image of its own on request', async () => {
  const scene = setScene()
  await scene.edits.of(scene.connection).edit(await requestOf(scene, { environment }, { keepChanges: true }), operation())
  expect(scene.docker.find('web').Config.Image).toMatch(/^web-kept:\d{14}$/)
  await expect(scene.edits.of(scene.connection).edit(await requestOf({ ...scene, id: scene.docker.find('web').Id }, { image: 'app:2' }, { keepChanges: true }), operation())).rejects.toMatchObject({ reason: 'keep-and-replace' })
})

test('the name that Podman gives a host after the container does not stay among the variables', async () => {
  const scene = setScene()
  const { Config, Id } = scene.docker.find('web')
  Config.Env = [...(Config.Env ?? []), `HOSTNAME=${Id.slice(0, 12)}`]
  const request = await requestOf(scene, { workingDirectory: '/srv' })
  expect(request.settings.environment).toEqual(['PATH=/bin', 'VERSION=1', 'MODE=fast'])
  await scene.edits.of(scene.connection).edit(request, operation())
  expect(scene.docker.find('web').Config).toMatchObject({ Env: ['PATH=/bin', 'VERSION=1', 'MODE=fast'], WorkingDir: '/srv' })
})

test('a stopped container is replaced without being started', async () => {
  const scene = setScene({ running: false })
  await scene.edits.of(scene.connection).edit(await requestOf(scene, { environment }), operation())
  expect(scene.docker.find('web')).toMatchObject({ State: { Status: 'created' }, Config: { Env: environment } })
})

const live = { name: 'shop-web', restart: { policy: 'no' as const }, networks: [{ network: 'shop', aliases: ['web'], driverOptions: { a: 'b' } }, { network: 'front' }], limits: { memoryBytes: 64e6 } }

test('name, networks, restart policy and limits change without a new container, and ports where the engine can', async () => {
  const scene = setScene({ slipway: true })
  const request = await requestOf(scene, { ...live, ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 9090 }] })
  expect(await scene.edits.of(scene.connection).planEdit(request, operation())).toMatchObject({ how: 'live', warnings: [] })
  expect(await scene.edits.of(scene.connection).edit(request, operation())).toEqual({ id: scene.id, name: 'shop-web', how: 'live' })
  expect(scene.docker.find('shop-web')).toMatchObject({ Id: scene.id, HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '9090' }] }, Memory: 64e6, RestartPolicy: { Name: 'no' } }, NetworkSettings: { Networks: { shop: { Aliases: ['web'] }, front: {} } } })
  expect(Object.keys(scene.docker.find('shop-web').NetworkSettings!.Networks!)).toEqual(['front', 'shop'])
})

test('a plain Docker engine recreates for ports, and for a limit that is taken away', async () => {
  const scene = setScene()
  expect(await scene.edits.of(scene.connection).planEdit(await requestOf(scene, { ports: [] }), operation())).toMatchObject({ how: 'recreate' })
  scene.docker.find('web').HostConfig.Memory = 64e6
  expect(await scene.edits.of(scene.connection).planEdit(await requestOf(scene, { limits: {} }), operation())).toMatchObject({ how: 'recreate' })
})

test.each([
  ['AutoRemove', (docker: FakeDocker) => void (docker.find('web').HostConfig.AutoRemove = true), 'edit-auto-remove'],
  ['paused', (docker: FakeDocker) => void (docker.find('web').State.Paused = true), 'edit-paused'],
  ['shared', (docker: FakeDocker) => void docker.create('sidecar', { Image: 'app:1', HostConfig: { NetworkMode: `container:${docker.find('web').Id}` } }), 'edit-shared'],
])('%s: refused before anything is done', async (_, arrange, reason) => {
  const scene = setScene()
  arrange(scene.docker)
  const request = await requestOf(scene, { environment })
  scene.docker.calls.length = 0
  await expect(scene.edits.of(scene.connection).edit(request, operation())).rejects.toMatchObject({ reason })
  expect(scene.docker.calls.filter((call) => !call.startsWith('GET'))).toEqual([])
})

test('one that changed since it was opened is not edited', async () => {
  const scene = setScene()
  const request = await requestOf(scene, { environment })
  scene.docker.find('web').HostConfig.CapAdd = ['NET_ADMIN']
  await expect(scene.edits.of(scene.connection).edit(request, operation())).rejects.toMatchObject({ reason: 'edit-stale' })
})

const EDITS: [string, Partial<ContainerSettings>, Partial<EditRequest>, { running?: boolean; slipway?: boolean }][] = [
  ['a recreate', { environment, name: 'web2', mounts: [] }, {}, {}],
  ['a recreate that keeps what was written', { environment }, { keepChanges: true }, {}],
  ['a recreate of what does not run', { environment }, {}, { running: false }],
  ['live changes', { ...live, ports: [] }, {}, { slipway: true }],
]

async function countCalls(...[, change, more, options]: (typeof EDITS)[number]): Promise<number> {
  const scene = setScene(options)
  const request = await requestOf(scene, change, more)
  scene.docker.calls.length = 0
  await scene.edits.of(scene.connection).edit(request, operation())
  return scene.docker.calls.length
}
/** Removing the old one is the last deed: when only its answer is lost, the edit stands. */
const stands = (docker: FakeDocker, id: string) => !docker.containers.has(id)

test.each(EDITS)('%s: whatever call fails, before or after its effect, all is as it was', async (...edit) => {
  const [, change, more, options] = edit
  const count = await countCalls(...edit)
  expect(count).toBeGreaterThan(4)
  for (let index = 1; index <= count; index++) {
    for (const moment of ['before', 'after'] as const) {
      const scene = setScene(options)
      const request = await requestOf(scene, change, more)
      const before = structuredClone(scene.docker.world())
      scene.docker.calls.length = 0
      scene.docker.interfereWith((now, call, at) => {
        if (now === moment && at === index) throw new EngineError('failed-precondition', `${call} failed ${moment}`)
      })
      const outcome = await scene.edits.of(scene.connection).edit(request, operation()).catch((error: unknown) => error)
      if (outcome instanceof EngineError) expect(scene.docker.world(), `${scene.docker.calls[index - 1]} failing ${moment}`).toEqual(before)
      else expect(scene.docker.world(), `${scene.docker.calls[index - 1]} failing ${moment} and the edit standing`).not.toEqual(before)
      if (!(outcome instanceof EngineError)) expect(moment === 'after' || scene.docker.calls[index - 1]?.startsWith('DELETE'), scene.docker.calls[index - 1]).toBe(true)
      expect(await scene.journal.all()).toEqual([])
    }
  }
})

test.each(EDITS)('%s: cancelled at any call, all is as it was', async (...edit) => {
  const [, change, more, options] = edit
  const count = await countCalls(...edit)
  for (let index = 1; index < count; index++) {
    const scene = setScene(options)
    const request = await requestOf(scene, change, more)
    const before = structuredClone(scene.docker.world())
    const controller = new AbortController()
    scene.docker.calls.length = 0
    scene.docker.interfereWith((moment, _, at) => {
      if (moment === 'before' && at === index) controller.abort(new EngineError('cancelled', 'Cancelled.'))
    })
    const outcome = await scene.edits.of(scene.connection).edit(request, operation(controller.signal)).catch((error: unknown) => error)
    if (outcome instanceof EngineError) {
      expect(outcome.code).toBe('cancelled')
      expect(scene.docker.world(), `cancelled at ${scene.docker.calls[index - 1]}`).toEqual(before)
    } else expect(stands(scene.docker, scene.id) || edit[0] === 'live changes', `${scene.docker.calls[index - 1]}`).toBe(true)
  }
})

test.each(EDITS)('%s: killed at any call, the next start undoes it or finishes it', async (...edit) => {
  const [, change, more, options] = edit
  const count = await countCalls(...edit)
  const outcomes = new Set<string>()
  for (let index = 1; index <= count; index++) {
    for (const moment of ['before', 'after'] as const) {
      const scene = setScene(options)
      const request = await requestOf(scene, change, more)
      const before = structuredClone(scene.docker.world())
      scene.docker.calls.length = 0
      // From that call on nothing of this process is heard of again.
      scene.docker.interfereWith((now, _, at) => {
        if (at > index || (at === index && now === moment)) throw new EngineError('internal', 'killed')
      })
      await scene.edits.of(scene.connection).edit(request, operation()).catch(() => {})
      scene.docker.interfereWith(() => {})
      await scene.makeEdits().recover(scene.connection)
      const after = scene.docker.world()
      const undone = isDeepStrictEqual(after, before)
      outcomes.add(undone ? 'undone' : 'finished')
      if (!undone) {
        expect(after.containers, scene.docker.calls[index - 1]).toHaveLength(1)
        expect(after.containers[0]).toMatchObject({ Name: `/${change.name ?? 'web'}`, Status: options.running === false ? 'exited' : 'running' })
      }
      expect(await scene.journal.all()).toEqual([])
    }
  }
  expect(outcomes).toContain('undone')
  expect(outcomes).toContain('finished')
})

test.each([
  ['broken:1', undefined, 'ended-at-once'],
  ['ill:1', { kind: 'command' as const, test: ['CMD', 'true'] }, 'not-healthy'],
])('a successor of %s gives the place back', async (image, healthCheck, reason) => {
  const scene = setScene()
  const before = structuredClone(scene.docker.world())
  await expect(scene.edits.of(scene.connection).edit(await requestOf(scene, { image, healthCheck }), operation())).rejects.toMatchObject({ reason })
  expect(scene.docker.world()).toEqual(before)
})

test('when even the undoing fails it is told, nothing is removed, and the next contact mends it', async () => {
  const scene = setScene()
  const request = await requestOf(scene, { environment })
  const before = structuredClone(scene.docker.world())
  scene.docker.interfereWith((moment, call) => {
    if (moment === 'before' && (call.endsWith('/update') || call.startsWith('DELETE'))) throw new EngineError('failed-precondition', 'stuck')
  })
  await expect(scene.edits.of(scene.connection).edit(request, operation())).rejects.toMatchObject({ reason: 'edit-not-undone' })
  expect(scene.docker.containers.has(scene.id)).toBe(true)
  scene.docker.interfereWith(() => {})
  expect(await scene.edits.recover(scene.connection)).toEqual(['web'])
  expect(scene.docker.world()).toEqual(before)
})

test('a successor that cannot be removed keeps the old one neither from its name nor from running', async () => {
  const scene = setScene()
  const request = await requestOf(scene, { environment })
  const before = structuredClone(scene.docker.world())
  scene.docker.interfereWith((moment, call) => {
    if (moment === 'before' && ((call.endsWith('/start') && !call.includes(scene.id)) || call.startsWith('DELETE'))) throw new EngineError('failed-precondition', 'device or resource busy')
  })
  await expect(scene.edits.of(scene.connection).edit(request, operation())).rejects.toMatchObject({ message: 'device or resource busy. And it could not be put back as it was: device or resource busy' })
  expect(scene.docker.find('web')).toMatchObject({ Id: scene.id, State: { Status: 'running' } })
  expect(scene.docker.containers.size).toBe(2)
  scene.docker.interfereWith(() => {})
  // Another edit of it clears up first.
  await expect(scene.edits.of(scene.connection).edit({ ...request, revision: 'another' }, operation())).rejects.toMatchObject({ reason: 'edit-stale' })
  expect(scene.docker.world()).toEqual(before)
  expect(await scene.journal.all()).toEqual([])
})

test('what could not be undone is tried again by itself, while the engine stays the same', async () => {
  const scene = setScene()
  const request = await requestOf(scene, { environment })
  const before = structuredClone(scene.docker.world())
  let refusals = 0
  scene.docker.interfereWith((moment, call) => {
    if (moment === 'before' && (call.endsWith('/update') || (call.startsWith('DELETE') && refusals++ < 3))) throw new EngineError('failed-precondition', 'stuck')
  })
  await expect(scene.makeEdits(10).of(scene.connection).edit(request, operation())).rejects.toMatchObject({ reason: 'edit-not-undone' })
  await expect.poll(() => scene.journal.all()).toEqual([])
  expect(scene.docker.world()).toEqual(before)
  expect(refusals).toBeGreaterThan(2)
})

test('a name taken since is told before anything stops', async () => {
  const scene = setScene()
  scene.docker.create('shop', { Image: 'app:1' })
  scene.docker.calls.length = 0
  await expect(scene.edits.of(scene.connection).edit(await requestOf(scene, { name: 'shop', environment }), operation())).rejects.toMatchObject({ reason: 'name-in-use', field: 'name' })
  expect(scene.docker.calls.some((call) => call.endsWith('/stop'))).toBe(false)
})
