import { join } from 'node:path'
import { hexOf, type Digest } from '#shared/oci/digest.ts'

/**
 * Every path the engine keeps on disk. Nobody else joins paths under these roots.
 *
 * The data root is durable; the run root may vanish at a reboot and is rebuilt from the data root and the kernel.
 */
export interface Layout {
  readonly dataRoot: string
  readonly runRoot: string
  /** Held (flock) by the one engine that owns the data root. */
  readonly lockFile: string
  /** The same for the run root. */
  readonly runLockFile: string
  readonly database: string
  /** Folder of the history of events. */
  readonly events: string
  /** OCI image layout: oci-layout, blobs/sha256/<hex>, and ingest/ for what is not yet visible. */
  readonly content: string
  readonly snapshots: string
  readonly volumes: string
  /** Whether and with whom images are shared, with the key of the certificate: for the engine's user only. */
  readonly sharing: string
  /** Where a part of a volume is mounted for a container that has only that. */
  volumeSubpath(name: string): string
  readonly buildCache: string
  /** Folders of clients as they were when last built from. */
  readonly buildContexts: string
  /** The runtime's own state (crun --root). */
  readonly runtimeRoot: string
  /** Pinned network namespaces. */
  readonly networkNamespaces: string
  readonly rootlessState: string
  readonly temporary: string
  /** One folder per container of this boot, named by its id. */
  readonly containersRun: string
  /** One folder per exec, named by its id. */
  readonly execsRun: string
  /** One folder per build step of this boot, named by its id. */
  readonly buildsRun: string
  /** Seccomp profiles made ready for the kernel. */
  readonly compiledFilters: string
  blob(digest: Digest): string
  container(id: string): ContainerLayout
  /** State of the shim that monitors one exec. */
  execState(execId: string): string
  /** State of one RUN step or other short-lived task of a build. */
  buildStep(id: string): ContainerLayout
}

export interface ContainerLayout {
  /** Durable: hosts, hostname, resolv.conf and logs. */
  readonly data: string
  readonly logs: string
  readonly hostsFile: string
  readonly hostnameFile: string
  readonly resolvConfFile: string
  /** Of this boot: the OCI bundle (config.json, rootfs) and the shim's state (shim.sock, pid, exit). */
  readonly bundle: string
  readonly rootfs: string
  readonly shimState: string
  /** /dev/shm of a container that shares it. */
  readonly sharedMemory: string
}

export function createLayout(dataRoot: string, runRoot: string): Layout {
  const content = join(dataRoot, 'content')
  return {
    dataRoot,
    runRoot,
    lockFile: join(dataRoot, 'lock'),
    runLockFile: join(runRoot, 'lock'),
    database: join(dataRoot, 'slipway.db'),
    events: join(dataRoot, 'events'),
    content,
    snapshots: join(dataRoot, 'snapshots'),
    volumes: join(dataRoot, 'volumes'),
    sharing: join(dataRoot, 'registry', 'settings.json'),
    volumeSubpath: (name) => join(runRoot, 'subpaths', name),
    buildCache: join(dataRoot, 'build-cache'),
    buildContexts: join(dataRoot, 'build-contexts'),
    runtimeRoot: join(runRoot, 'runtime'),
    networkNamespaces: join(runRoot, 'netns'),
    rootlessState: join(runRoot, 'rootlesskit'),
    temporary: join(dataRoot, 'tmp'),
    containersRun: join(runRoot, 'containers'),
    execsRun: join(runRoot, 'exec'),
    buildsRun: join(runRoot, 'build'),
    compiledFilters: join(runRoot, 'seccomp'),
    blob: (digest) => join(content, 'blobs', 'sha256', hexOf(digest)),
    container: (id) => containerLayout(join(dataRoot, 'containers', id), join(runRoot, 'containers', id)),
    execState: (execId) => join(runRoot, 'exec', execId),
    buildStep: (id) => containerLayout(join(dataRoot, 'tmp', `step-${id}`), join(runRoot, 'build', id)),
  }
}

const containerLayout = (data: string, run: string): ContainerLayout => ({
  data,
  logs: join(data, 'logs'),
  hostsFile: join(data, 'hosts'),
  hostnameFile: join(data, 'hostname'),
  resolvConfFile: join(data, 'resolv.conf'),
  bundle: join(run, 'bundle'),
  rootfs: join(run, 'bundle', 'rootfs'),
  shimState: join(run, 'shim'),
  sharedMemory: join(run, 'shm'),
})
