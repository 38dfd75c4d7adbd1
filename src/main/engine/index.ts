import { mkdir } from 'node:fs/promises'
import { messageOf } from '#shared/errors.ts'
import { architectureOf } from '#shared/oci/platform.ts'
import { createOciServer } from './api/oci/server.ts'
import { createApiServer, type TlsPlace } from './api/server.ts'
import { openContentStore } from './core/content/disk-content-store.ts'
import { createEventBus, unixNano } from './core/events/create-event-bus.ts'
import { describePool } from './core/network/ipam/subnets.ts'
import { openFileHistory } from './core/events/file-history.ts'
import type { Host } from './core/host/host.ts'
import { createLayers } from './core/layers/worker-layers.ts'
import { createLeases } from './core/leases/leases.ts'
import { openMetadataStore } from './core/metadata/sqlite-metadata-store.ts'
import { createRegistry } from './core/registry/create-registry.ts'
import { createRuntime } from './core/runtime/create-runtime.ts'
import { createSpecMaker } from './core/runtime/spec/spec-maker.ts'
import { openSnapshotter, whiteoutFormOf } from './core/snapshots/open-snapshotter.ts'
import { noDefaults, poolsOf, type EngineDefaults } from './engine-defaults.ts'
import { engineIdentity, networkInstance } from './identity.ts'
import type { Layout } from './layout.ts'
import { createRest } from './rest.ts'
import { engineRoutes } from './routes.ts'
import { createBuilder } from './services/builder/builder.ts'
import { createCacheMounts } from './services/builder/cache-mounts.ts'
import { createKeptContexts } from './services/builder/kept-contexts.ts'
import { createContainers, type Containers } from './services/containers/containers.ts'
import { createDoctor } from './services/doctor/doctor.ts'
import { createFiles } from './services/files/files.ts'
import { createImages } from './services/images/images.ts'
import { createNetworks } from './services/networks/networks.ts'
import { machineHosts } from './services/sharing/machine-hosts.ts'
import { openSettingsFile } from './services/sharing/settings-file.ts'
import type { SharingChange } from './services/sharing/settings.ts'
import { createSharing } from './services/sharing/sharing.ts'
import { createSystem } from './services/system/system.ts'
import { createVolumes } from './services/volumes/volumes.ts'
import { isAlive } from './services/containers/state.ts'
import { containersByPid, containersUsingImage, containersUsingVolume, countContainers } from './uses.ts'

export interface EngineOptions {
  layout: Layout
  host: Host
  /** Base URLs tried before docker.io, in order. */
  registryMirrors: readonly string[]
  /** What the engine does where a request says nothing. */
  defaults?: EngineDefaults
  /** Where to serve the images, if the command line says so. */
  sharing?: SharingChange | undefined
  /** Version of the program, shown by `docker version`. */
  version: string
  /** Gets a line for what the user did not ask for and should know; default: standard error. */
  log?: (line: string) => void
}

/**
 * The engine: metadata, content, snapshots, runtime and networks below; the nouns' services on them; Docker's API on top.
 *
 * Disposing it stops serving and lets go of everything; containers run on, and the next engine on the same roots finds them.
 */
export interface Engine extends AsyncDisposable {
  listen(socketPath: string): Promise<void>
  /** On a listening unix socket that this process was started with. */
  listenOn(fd: number): Promise<void>
  /** @returns the port. */
  listenTls(place: TlsPlace): Promise<number>
  /** How many containers run on, once it is disposed. */
  leftRunning(): number
  /** Stops every running container and takes the networks out of the kernel, as for a shutdown of the machine. */
  stopContainers(): Promise<void>
}

/** Those of layers and of builds, of which none has to do with another. */
async function makeFolders({ snapshots, buildContexts, temporary }: Layout, { syscalls }: Host): Promise<void> {
  for (const folder of [snapshots, buildContexts, temporary]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    syscalls.spreadFolders(folder)
  }
}

/** The parts list. What one part needs of another is introduced here and nowhere else. */
export async function createEngine({ layout, host, registryMirrors, defaults = noDefaults, sharing: shared, version, log = toStandardError }: EngineOptions): Promise<Engine> {
  await using parts = new AsyncDisposableStack()
  await makeFolders(layout, host)
  const closing = new AbortController()
  const clock = unixNano
  const metadata = parts.use(openMetadataStore(layout.database))
  const events = createEventBus(clock, parts.use(openFileHistory({ folder: layout.events, log })))
  const leases = createLeases()
  const content = await openContentStore(layout.content)
  const layers = parts.use(createLayers())
  const snapshots = await openSnapshotter({ root: layout.snapshots, host, metadata, layers })
  parts.defer(() => snapshots.flush(10_000).catch((error: unknown) => log(`layers could not be flushed to the disk: ${messageOf(error)}`)))
  const registry = createRegistry({ mirrors: registryMirrors, insecure: defaults.insecureRegistries, proxy: defaults.proxy })
  const runtime = parts.adopt(createRuntime({ host, layout }), (made) => made.close())
  const networks = parts.use(createNetworks({ host, metadata, events, namespaces: layout.networkNamespaces, lockFile: layout.lockFile, instance: networkInstance(layout), addressPools: poolsOf(defaults), log }))

  // Images and volumes ask which containers use them, and containers ask for both: the question is answered late.
  const users = (): Containers => containers
  const platform = { os: 'linux', architecture: architectureOf(process.arch) }
  const images = createImages({ content, layers, snapshots, registry, metadata, events, leases, platform, temporary: layout.temporary, needs: { containersUsing: (image) => containersUsingImage(users(), image) } })
  parts.use(images.served)
  const volumes = createVolumes({ metadata, events, host, layout, clock, needs: { containersUsing: (volume) => containersUsingVolume(users(), volume) } })
  const spec = createSpecMaker(host, layout)
  const containers = createContainers({ metadata, leases, runtime, spec, snapshots, host, layout, events, clock, log, logOptions: defaults.logOptions, closing: closing.signal, needs: { images, networks, volumes } })
  let leftRunning = 0
  parts.defer(() => void (leftRunning = containers.records().filter(({ state }) => isAlive(state)).length))
  const files = createFiles({ host, snapshots, layers, leases, layout, events, clock, needs: { containers, volumes, images } })
  const keptContexts = createKeptContexts({ root: layout.buildContexts, temporary: layout.temporary, layers, metadata })
  const builder = createBuilder({ layout, host, layers, leases, metadata, events, snapshots, runtime, images, networks, cacheMounts: createCacheMounts(layout.buildCache, metadata), keptContexts })
  const doctor = createDoctor({ layout, metadata, layers, form: whiteoutFormOf({ root: layout.snapshots, host }), running: true, needs: { networks } })
  const system = createSystem({
    facts: host.facts,
    layout,
    id: engineIdentity(metadata),
    version,
    registryMirrors,
    insecureRegistries: defaults.insecureRegistries,
    proxy: defaults.proxy,
    needs: { containers: () => countContainers(containers), imageCount: () => images.count, networkDrivers: ['bridge', 'host', 'ipvlan', 'macvlan', 'null'], networkWarnings: () => networks.warnings, storageDriver: snapshots.driver, defaultAddressPools: () => poolsOf(defaults).map(describePool), publishedPorts: () => networks.publishedPorts(), containersByPid: () => containersByPid(containers), eventListeners: () => events.subscribers },
  })

  await doctor.mendUnflushed(log)
  await builder.restore(log)
  await containers.restore()
  const swept = images.sweep().catch((error: unknown) => log(`what cut pulls and builds left: ${messageOf(error)}`))
  parts.defer(async () => void (await swept))
  const rest = parts.use(createRest(() => host.syscalls.trimHeap()))
  const registryServer = createOciServer({ images: images.served, access: { authorize: (authorization, wants) => sharing.authorize(authorization, wants) }, log, onRequest: () => rest.active() })
  const sharing = parts.use(await createSharing({ file: openSettingsFile(layout.sharing), needs: { open: (place) => registryServer.open(place), portForwarder: host.portForwarder, hosts: () => machineHosts(host.facts.rootless) }, log, ...(shared && { asked: shared }) }))
  await sharing.start()
  const server = parts.use(createApiServer({ routes: engineRoutes({ containers, files, images, networks, volumes, builder, doctor, sharing, system, events, clock, layout, log }), version, log, onRequest: () => rest.active() }))
  rest.active()
  parts.defer(() => closing.abort())
  const held = parts.move()
  return {
    listen: (socketPath) => server.listen(socketPath, host.facts.rootless ? 0o600 : 0o660),
    listenOn: (fd) => server.listenOn(fd),
    listenTls: (place) => server.listenTls(place),
    leftRunning: () => leftRunning,
    stopContainers: () => containers.stopAll().then(() => networks.takeDown()),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

const toStandardError = (line: string) => void process.stderr.write(`${line}\n`)
