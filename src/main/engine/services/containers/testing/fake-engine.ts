import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { EngineError } from '#shared/errors.ts'
import { parseDigest, type ImageId } from '#shared/oci/digest.ts'
import type { ContainerDefaults } from '#shared/oci/image-config.ts'
import type { EngineEvent } from '../../../core/events/event-bus.ts'
import { createEventBus, unixNano } from '../../../core/events/create-event-bus.ts'
import type { HostFacts } from '../../../core/host/host.ts'
import { createLeases } from '../../../core/leases/leases.ts'
import type { Collection, MetadataStore } from '../../../core/metadata/metadata-store.ts'
import { createMemoryMetadataStore } from '../../../core/metadata/memory-metadata-store.ts'
import type { Sandbox } from '../../../core/network/sandbox.ts'
import type { Snapshotter } from '../../../core/snapshots/snapshotter.ts'
import { createLayout } from '../../../layout.ts'
import { createContainers, type Containers, type ContainersOptions } from '../containers.ts'
import type { ContainersNeeds } from '../needs.ts'
import { createFakeRuntime, type FakeRuntime } from './fake-runtime.ts'

const IMAGE: ImageId = parseDigest(`sha256:${'a'.repeat(64)}`)
const FACTS = { cgroup: { mode: 'v2', driver: 'cgroupfs', controllers: [] }, runtime: { name: 'crun', path: '/usr/bin/crun', version: '1' } } as unknown as HostFacts

export interface FakeEngine {
  containers: Containers
  runtime: FakeRuntime
  metadata: MetadataStore
  /** What an engine started on the same records would be. */
  reopen(): Containers
  events: EngineEvent[]
  actions(): string[]
  image: ContainerDefaults
  mounted: Set<string>
  snapshots: Set<string>
  /** Of them, those that a power cut may have torn. */
  torn: Set<string>
  sandboxes: Map<string, Sandbox>
  volumes: Map<string, { users: Set<string> }>
  /** What is torn down from now on waits for this. */
  holdTearDown(held: Promise<void> | undefined): void
  /** Of a container's files; `late`: when they are gone already. */
  failNextRemoval(error: Error, options?: { late?: boolean }): void
  /** After so many changes of records that go well, so many fail, as on a disk that reports errors. */
  failRecords(error: Error, which?: { after?: number; count?: number }): void
  /** Creates and starts one; returns its id. */
  run(host?: object, config?: object): Promise<string>
}

/** The containers service on fakes that hold everything in memory; only the few files of a container are real. */
export function createFakeEngine(): FakeEngine {
  const root = mkdtempSync(join(tmpdir(), 'slipway-containers-'))
  let closing = new AbortController()
  onTestFinished(() => {
    closing.abort()
    rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  })
  const runtime = createFakeRuntime()
  const bus = createEventBus()
  const events: EngineEvent[] = []
  bus.subscribe((event) => events.push(event))
  const state: State = { image: { Cmd: ['sh'], Env: ['PATH=/bin'] }, mounted: new Set<string>(), snapshots: new Set<string>(), torn: new Set<string>(), sandboxes: new Map<string, Sandbox>(), volumes: new Map<string, { users: Set<string> }>(), tearDownHeld: undefined, removalFailure: undefined, recordOutcomes: [] }
  const options: ContainersOptions = {
    metadata: failing(createMemoryMetadataStore(), state),
    leases: createLeases(),
    runtime,
    spec: { container: async () => ({ spec: {} as never, warnings: [], user: { uid: 0, gid: 0, additionalGids: [], home: '/' } }), exec: async ({ args }) => ({ user: { uid: 0, gid: 0 }, args: [...args], env: [], cwd: '/' }), checkLimits: () => [], resources: () => ({}) },
    snapshots: fakeSnapshots(state),
    host: { facts: FACTS, syscalls: {} as never, run: async () => ({ code: 0, stdout: '', stderr: '' }) },
    layout: createLayout(join(root, 'data'), join(root, 'run')),
    events: bus,
    needs: fakeNeeds(state),
    clock: unixNano,
    log: () => {},
    closing: closing.signal,
  }
  const containers = createContainers(options)
  return {
    ...state,
    containers,
    runtime,
    metadata: options.metadata,
    events,
    actions: () => events.map((event) => event.action),
    reopen() {
      closing.abort()
      closing = new AbortController()
      return createContainers({ ...options, closing: closing.signal })
    },
    failNextRemoval(error, { late = false } = {}) {
      state.removalFailure = { error, late }
    },
    failRecords(error, { after = 0, count = 1 } = {}) {
      state.recordOutcomes = Array.from({ length: after + count }, (_, index) => (index < after ? undefined : error))
    },
    holdTearDown(held) {
      state.tearDownHeld = held
    },
    async run(host = {}, config = {}) {
      const { id } = await containers.create({ config: { Image: 'busybox', ...config }, host, endpoints: {} })
      await containers.start(id)
      return id
    },
  }
}

type State = Pick<FakeEngine, 'image' | 'mounted' | 'snapshots' | 'torn' | 'sandboxes' | 'volumes'> & { tearDownHeld: Promise<void> | undefined; removalFailure: { error: Error; late: boolean } | undefined; recordOutcomes: (Error | undefined)[] }

function failing(store: MetadataStore, state: State): MetadataStore {
  const recorded = () => {
    const failure = state.recordOutcomes.shift()
    if (failure) throw failure
  }
  return {
    ...store,
    collection<Value>(name: string): Collection<Value> {
      const collection = store.collection<Value>(name)
      return {
        ...collection,
        get size() {
          return collection.size
        },
        put(key, value) {
          recorded()
          collection.put(key, value)
        },
        delete(key) {
          recorded()
          collection.delete(key)
        },
      }
    },
  }
}

function fakeSnapshots(state: State): Snapshotter {
  const { mounted, snapshots } = state
  const assertThere = (id: Parameters<Snapshotter['usage']>[0]) => {
    if ('key' in id && !snapshots.has(id.key)) throw new EngineError('not-found', `no active snapshot ${id.key}`)
  }
  return {
    driver: 'overlay2',
    prepare: async (key: string) => void snapshots.add(key),
    hasActive: (key: string) => snapshots.has(key),
    mayBeTorn: (key: string) => state.torn.has(key),
    mount: async (_key: string, target: string) => void mounted.add(target),
    unmount: async (target: string) => void mounted.delete(target),
    async remove(key: string) {
      const failure = state.removalFailure
      state.removalFailure = undefined
      if (failure && !failure.late) throw failure.error
      snapshots.delete(key)
      if (failure) throw failure.error
    },
    listActive: () => [...snapshots].map((key) => ({ key, parent: undefined })),
    async usage(id) {
      assertThere(id)
      return { bytes: 10, inodes: 1 }
    },
    describe(id) {
      assertThere(id)
      return {}
    },
  } as Partial<Snapshotter> as Snapshotter
}

function fakeNetworks(state: State): ContainersNeeds['networks'] {
  const { sandboxes } = state
  return {
    get: (reference) => ({ id: `id-${reference}`, name: reference, driver: 'bridge' }),
    list: () => [],
    checkEndpoint() {},
    reservePorts: async () => ({ [Symbol.dispose]() {} }),
    async connectSandbox({ containerId, ports, endpoints }) {
      const isSealed = endpoints.length > 0 && endpoints.every(({ network }) => network.endsWith('internal'))
      const mapped = (isSealed ? [] : ports).map((port) => ({ ...port, hostPort: typeof port.hostPort === 'number' ? port.hostPort : 32_768 }))
      const sandbox: Sandbox = { containerId, namespacePath: `/netns/${containerId}`, endpoints: endpoints.map(({ network }) => ({ networkId: `id-${network}` }) as Sandbox['endpoints'][number]), ports: mapped, files: { hosts: '', resolvConf: '' } }
      sandboxes.set(containerId, sandbox)
      return sandbox
    },
    async disconnectSandbox(id) {
      await state.tearDownHeld
      sandboxes.delete(id)
    },
    findSandbox: (id) => sandboxes.get(id),
    async connectEndpoint(id, { network }) {
      if (network.endsWith('full')) throw new EngineError('resource-exhausted', `network ${network} has no address left`)
      const endpoint = { networkId: network } as Sandbox['endpoints'][number]
      sandboxes.get(id)?.endpoints.push(endpoint)
      return endpoint
    },
    async disconnectEndpoint(id, network) {
      const sandbox = sandboxes.get(id)
      if (sandbox) sandbox.endpoints = sandbox.endpoints.filter(({ networkId }) => networkId !== network)
    },
    async updatePorts(id, bindings) {
      const ports = bindings.map((binding) => ({ ...binding, hostPort: Number(binding.hostPort ?? 32_769) }))
      const sandbox = sandboxes.get(id)
      if (sandbox) sandbox.ports = ports
      return ports
    },
    renameSandbox() {},
    hostModeFiles: async () => ({ hosts: '', resolvConf: '' }),
    restore: async () => {},
  }
}

function fakeNeeds(state: State): ContainersNeeds {
  const { volumes } = state
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers' as const, diff_ids: [] } }
  return {
    images: {
      parentOf: () => undefined,
      async resolve(name) {
        if (name !== 'busybox') throw new EngineError('not-found', `No such image: ${name}:latest`)
        return { id: IMAGE, config: { ...config, config: state.image }, chain: undefined, platform: { os: 'linux', architecture: 'amd64' } }
      },
    },
    networks: fakeNetworks(state),
    volumes: {
      async ensure({ name = `anonymous-${volumes.size}` }) {
        const created = !volumes.has(name)
        if (created) volumes.set(name, { users: new Set() })
        return { name, driver: 'local', created }
      },
      async acquire(name, id) {
        volumes.get(name)?.users.add(id)
        return `/volumes/${name}`
      },
      release: async (name, id) => void volumes.get(name)?.users.delete(id),
      copyUp: async () => {},
      isReadonly: () => false,
      mountpoint: (name) => `/volumes/${name}`,
      removeUnused: async (name) => void volumes.delete(name),
      untie() {},
      sweep: async () => {},
    },
  }
}
