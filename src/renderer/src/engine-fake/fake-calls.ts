import type { ContainerState, ContainerSummary, RunRequest } from '#shared/contract/containers.ts'
import type { EngineEvent, ProgressStep, Snapshot } from '#shared/contract/events.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { EngineError } from '#shared/errors.ts'
import { fakeFolder } from './fake-folders.ts'
import { isSignedIn } from './fake-settings.ts'
import { fakeSharingCalls } from './fake-sharing.ts'
import { fakeContainer, fakeFacts, fakeHost, fakeImageDetail, fakeImages } from './fake-world.ts'
import { wait } from './wait.ts'

/** The state behind the fake's calls, and its way to tell of changes. */
export interface FakeEngine {
  world: Snapshot
  cancelled: ReadonlySet<string>
  tell: (...events: EngineEvent[]) => void
}
export type FakeCalls = Record<string, (request: never, callId: string) => unknown>

function change({ world, tell }: FakeEngine, container: ContainerSummary) {
  world.containers = [...world.containers.filter(({ id }) => id !== container.id), container]
  tell({ type: 'container.changed', container })
}
function each(engine: FakeEngine, ids: string[], state: ContainerState) {
  for (const container of engine.world.containers.filter(({ id }) => ids.includes(id))) change(engine, { ...container, state })
  return ids.map((id) => ({ id }))
}
const running = (): ContainerState => ({ status: 'running', startedAt: Date.now() })
const exited = (): ContainerState => ({ status: 'exited', code: 0, finishedAt: Date.now() })
type Ids = { ids: string[] }

async function fetchLayers({ tell, cancelled }: FakeEngine, callId: string, reference: string) {
  const step = (progress: ProgressStep) => tell({ type: 'progress', callId, step: progress })
  if (reference.startsWith('private/') && !isSignedIn('ghcr.io')) throw new EngineError('unauthorized', `pull access denied for ${reference}, repository does not exist or may require 'docker login'`, { reason: 'sign-in-needed', hint: 'Check the name, or sign in to ghcr.io as somebody who may.', field: 'reference', remedy: { kind: 'sign-in', registry: 'ghcr.io' } })
  if (reference.startsWith('nope')) throw new EngineError('not-found', `${reference}: no such manifest in the registry.`, { reason: 'manifest-unknown', hint: 'Check the name and the tag.', field: 'image' })
  step({ kind: 'phase', phase: 'pulling' })
  const layers = ['a2318d6c47ec', '095d327c79ae', 'bbfaa25db775', '7bb6fb0cfb2b', '0723edc10c17'].map((id, index) => ({ id, total: (index + 1) * 9_400_000 }))
  step({ kind: 'layer', id: layers[0]?.id ?? '', phase: 'exists', total: 9_400_000, current: 9_400_000 })
  for (let tick = 0; tick <= 60; tick++) {
    if (cancelled.has(callId)) throw new EngineError('cancelled', 'Cancelled.')
    layers.slice(1).forEach(({ id, total }, index) => {
      const part = Math.min(1, Math.max(0, (tick - index * 6) / 34))
      step({ kind: 'layer', id, phase: part === 0 ? 'waiting' : part < 1 ? 'downloading' : tick - index * 6 < 40 ? 'extracting' : 'done', current: Math.round(part * total), total })
    })
    await wait(80)
  }
}

async function run(engine: FakeEngine, callId: string, request: RunRequest) {
  const { world } = engine
  const local = world.images.find(({ tags }) => tags.includes(request.image))
  if (!local) await fetchLayers(engine, callId, request.image)
  const image = local ?? { ...(fakeImages()[0] as (typeof world.images)[number]), tags: [request.image] }
  const container: ContainerSummary = { ...fakeContainer(0, fakeImages()), id: crypto.randomUUID().replaceAll('-', '').repeat(2), name: request.name ?? 'brave_turing', image: request.image, imageId: image.id, createdAt: Date.now(), state: { status: 'running', startedAt: Date.now() } }
  change(engine, container)
  return { id: container.id, name: container.name, warnings: [] }
}

export const fakeContainerCalls = (engine: FakeEngine): FakeCalls => {
  const { world, tell } = engine
  return {
    'containers.inspect': ({ id }: { id: string }) => {
      const container = world.containers.find((one) => one.id === id)
      if (!container) throw new EngineError('not-found', `No such container: ${id}`)
      return {
        ...container, oomKilled: false, restartCount: 2, entrypoint: ['/docker-entrypoint.sh'], command: ['nginx', '-g', 'daemon off;'], environment: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NGINX_VERSION=1.27.2', 'GREETING=<img src=x onerror=alert(1)>'],
        workingDirectory: '', user: '', hostname: id.slice(0, 12), tty: false, interactive: false, autoRemove: false, restart: { policy: 'unless-stopped' }, limits: { memoryBytes: 536_870_912 }, startedAt: Date.now() - 7_200_000, pid: 31_337,
        raw: { Id: id, Name: `/${container.name}`, State: { Status: 'running', Running: true, Pid: 31_337 }, Config: { Env: ['A=1', 'B=2'], Cmd: null, Labels: container.labels }, HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }, Memory: 536_870_912 }, Mounts: container.mounts, NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2' } } } },
      }
    },
    'containers.start': async ({ ids }: Ids) => (await wait(500), each(engine, ids, running())),
    'containers.stop': async ({ ids }: Ids) => (await wait(900), each(engine, ids, exited())),
    'containers.restart': async ({ ids }: Ids) => (await wait(900), each(engine, ids, running())),
    'containers.pause': ({ ids }: Ids) => each(engine, ids, { status: 'paused' }),
    'containers.unpause': ({ ids }: Ids) => each(engine, ids, running()),
    'containers.remove': ({ ids }: { ids: string[] }) => {
      world.containers = world.containers.filter(({ id }) => !ids.includes(id))
      tell(...ids.map((id) => ({ type: 'container.removed' as const, id })))
      return ids.map((id) => ({ id }))
    },
    'containers.list': () => world.containers,
    'containers.kill': ({ ids }: Ids) => each(engine, ids, { status: 'exited', code: 137, finishedAt: Date.now() }),
    'containers.rename': ({ id, name }: { id: string; name: string }) => void world.containers.filter((one) => one.id === id).forEach((one) => change(engine, { ...one, name })),
    'containers.create': (request: RunRequest, callId: string) => run(engine, callId, request),
    'containers.duplicate': ({ name }: { name: string }, callId: string) => run(engine, callId, { image: 'nginx:1.27', name }),
    'containers.run': (request: RunRequest, callId: string) => run(engine, callId, request),
  }
}

export const fakeOtherCalls = (engine: FakeEngine): FakeCalls => {
  const { world, tell } = engine
  return {
    'app.facts': () => ({ version: '0.1.0', shell: 'electron', platform: 'linux', abilities: { choosePath: false, openExternal: true, copyText: true } }),
    'app.licences': () => [{ name: '@xterm/xterm', version: '6.0.0', licence: 'MIT', text: 'Copyright (c) 2017-2019, The xterm.js authors' }, { name: 'vue', version: '3.5.45', licence: 'MIT', text: 'The MIT License (MIT)\n\nCopyright (c) 2018-present, Yuxi (Evan) You' }],
    'app.listFolder': fakeFolder,
    'app.describePath': ({ path }: { path: string }) => ({ path, folder: path.replace(/\/[^/]+$/, '') || '/', kind: /\.\w+$/.test(path) ? 'file' : 'folder', suits: [] }),
    'app.openExternal': ({ url }: { url: string }) => void window.open(url, '_blank', 'noopener'),
    'engine.host': () => fakeHost,
    'engine.facts': () => fakeFacts,
    'engine.diagnostics': () => JSON.stringify({ app: { version: '0.1.0' }, settings: world.settings, proxy: '(removed)' }, null, 2),
    'logs.older': () => ({ lines: [], complete: true }),
    'logs.newer': () => ({ lines: [], complete: true }),
    'settings.set': (patch: Partial<Settings>) => {
      world.settings = { ...world.settings, ...patch }
      tell({ type: 'settings.changed', settings: world.settings })
      return world.settings
    },
    'images.inspect': ({ id }: { id: string }) => {
      const image = world.images.find((one) => one.id === id)
      if (!image) throw new EngineError('not-found', `No such image: ${id}`)
      return fakeImageDetail(image)
    },
    'images.pull': async ({ reference }: { reference: string }, callId: string) => {
      await fetchLayers(engine, callId, reference)
      const image = { ...(fakeImages()[0] as (typeof world.images)[number]), id: `sha256:${'ab'.repeat(32)}`, tags: [reference.includes(':') ? reference : `${reference}:latest`] }
      world.images = [...world.images, image]
      tell({ type: 'image.changed', image })
      return { id: image.id }
    },
    'images.remove': ({ ids }: { ids: string[] }) => ids.map((id) => ({ id, error: { code: 'conflict', reason: 'image-in-use', message: `The image is used by container web.`, hint: 'Remove the container first.' } })),
    'images.list': () => world.images,
    'images.tag': () => undefined,
    'images.push': ({ reference }: { reference: string }, callId: string) => fetchLayers(engine, callId, reference),
    'images.save': () => ({ bytes: 192_000_000 }),
    'images.load': () => ({ names: ['acme/storefront:2025.11.2'] }),
    'images.import': () => ({ id: `sha256:${'ab'.repeat(32)}` }),
    'images.search': ({ term }: { term: string }) => [term, `bitnami/${term}`, `someone/${term}-with-extras`].map((name, index) => ({ name, description: index === 0 ? `Official build of ${term}.` : 'An <b>image</b> of somebody.', stars: [19_842, 311, 4][index] ?? 0, official: index === 0 })),
    ...fakeSharingCalls(),
    'engine.state': () => world.engine,
    'settings.get': () => world.settings,
  }
}
