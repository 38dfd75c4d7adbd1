import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEventBus } from '../../../core/events/create-event-bus.ts'
import type { EngineEvent } from '../../../core/events/event-bus.ts'
import { createHost } from '../../../core/host/create-host.ts'
import { acquireLock } from '../../../core/host/exclusive-lock.ts'
import type { Host, HostCheck } from '../../../core/host/host.ts'
import { createMemoryMetadataStore } from '../../../core/metadata/memory-metadata-store.ts'
import type { MetadataStore } from '../../../core/metadata/metadata-store.ts'
import { removeLinkNamed } from '../../../core/network/bridge.ts'
import type { SandboxRequest } from '../../../core/network/sandbox.ts'
import { createLayout } from '../../../layout.ts'
import { createNetworks } from '../networks.ts'
import type { Networks } from '../networks-service.ts'

/** Real networks on this machine, apart from everybody else's: own bridge, own table, own folder. Disposing leaves nothing. */
export interface TestNetworks extends AsyncDisposable {
  networks: Networks
  host: Host
  metadata: MetadataStore
  events: EngineEvent[]
  log: string[]
  instance: string
  namespaces: string
  /** Another engine on the same records and kernel, as after a crash of the first. */
  restart(live: Iterable<string>): Promise<Networks>
  /** As if the engine had been killed: its lock is free, nothing else is done. */
  abandon(): Promise<void>
}

/** `firewall`: false as on a machine without nft. */
export async function openTestNetworks({ firewall = true } = {}): Promise<TestNetworks> {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'slipway-networks-'))
  undo.defer(() => rm(folder, { recursive: true, force: true }))
  const machine = await createHost({ layout: createLayout(join(folder, 'data'), join(folder, 'run')) })
  const host = firewall ? machine : withoutNft(machine)
  const metadata = createMemoryMetadataStore()
  const bus = createEventBus()
  const events: EngineEvent[] = []
  bus.subscribe((event) => events.push(event))
  const log: string[] = []
  const instance = Math.random().toString(36).slice(2, 7)
  const namespaces = join(folder, 'netns')
  const lockFile = join(folder, 'lock')
  let lock: Disposable | undefined = acquireLock(host.syscalls, lockFile, folder)
  undo.defer(() => lock?.[Symbol.dispose]())
  const make = () => createNetworks({ host, metadata, events: bus, namespaces, instance, lockFile, log: (line) => log.push(line) })
  let networks = make()
  undo.defer(async () => void (await machine.run('nft', ['delete', 'table', 'inet', `slipway-${instance}`], { allowFailure: true })))
  undo.defer(() => removeLinkNamed(host, `slipway-${instance}`))
  undo.defer(async () => {
    for (const network of networks.list({ type: ['custom'] })) await networks.remove(network.id).catch(() => {})
  })
  undo.defer(async () => {
    for (const { containerId } of metadata.collection<{ containerId: string }>('sandboxes').list()) await networks.disconnectSandbox(containerId)
    await networks[Symbol.asyncDispose]()
  })
  await networks.restore([])
  const held = undo.move()
  return {
    get networks() {
      return networks
    },
    host,
    metadata,
    events,
    log,
    instance,
    namespaces,
    async restart(live) {
      await networks[Symbol.asyncDispose]()
      networks = make()
      await networks.restore(live)
      return networks
    },
    async abandon() {
      // With a container running, closing takes nothing away.
      const { containerId } = await networks.connectSandbox(sandboxRequest('last', { kind: 'none', endpoints: [] }))
      await networks[Symbol.asyncDispose]()
      lock?.[Symbol.dispose]()
      lock = undefined
      await networks.disconnectSandbox(containerId)
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

function withoutNft(machine: Host): Host {
  const lack: HostCheck = { id: 'nft', status: 'missing', finding: 'The program nft (nftables) is not installed.', remedy: 'install nft' }
  const run: Host['run'] = (program, ...rest) => (program === 'nft' ? Promise.reject(new Error('there is no nft')) : machine.run(program, ...rest))
  return { ...machine, run, facts: { ...machine.facts, checks: [...machine.facts.checks.filter(({ id }) => id !== 'nft'), lack] } }
}

let made = 0
/** A request with nothing special about it. */
export function sandboxRequest(name: string, more: Partial<SandboxRequest> = {}): SandboxRequest {
  const containerId = (made++).toString(16).padStart(12, '0').padEnd(64, 'c')
  return { containerId, name, hostname: name, kind: 'private', endpoints: [{ network: 'bridge', aliases: [] }], ports: [], dns: { servers: [], search: [], options: [] }, ...more }
}
