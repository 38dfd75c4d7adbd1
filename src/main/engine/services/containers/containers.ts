import type { ImageId } from '#shared/oci/digest.ts'
import { KeyedMutex } from '#base/keyed-mutex.ts'
import type { Leases } from '../../core/leases/leases.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'
import type { PortMapping, Sandbox } from '../../core/network/sandbox.ts'
import { attachContainer, type Attachment, type AttachRequest } from './attach.ts'
import { changePorts } from './change-ports.ts'
import type { EndpointSettings, HostPortBinding, ResourceUpdate } from './config.ts'
import { connectNetwork, disconnectNetwork } from './connect-network.ts'
import type { ContainersContext } from './context.ts'
import { createContainer, type Created, type CreateRequest } from './create.ts'
import { beginExec, createExec, getExec, resizeExec, type ExecStart } from './exec.ts'
import type { ExecRecord } from './exec-records.ts'
import type { ContainerFilters } from './filters.ts'
import { holdContainer } from './hold.ts'
import { killContainer } from './kill.ts'
import { namesByLinks } from './links.ts'
import { listContainers, type ListOptions } from './list.ts'
import { createLiveContainers, type Exec, type ExecConfig } from './live.ts'
import { containerLogs, type ContainerLogs, type LogRequest } from './logs.ts'
import { pauseContainer, unpauseContainer } from './pause.ts'
import { pruneContainers, type Pruned } from './prune.ts'
import type { ContainerRecord } from './record.ts'
import { createRecords } from './records.ts'
import { removeContainer, type RemoveOptions } from './remove.ts'
import { removeLink } from './remove-link.ts'
import { renameContainer } from './rename.ts'
import { resizeContainer } from './resize.ts'
import { restartContainer } from './restart.ts'
import { restoreContainers } from './restore.ts'
import { createRestarts } from './restart-policy.ts'
import { startContainer, startLocked } from './start.ts'
import { sampleStats, type StatsSample } from './stats.ts'
import { stopAllContainers, stopContainer, type StopOptions } from './stop.ts'
import { topContainer, type ProcessTable } from './top.ts'
import { updateContainer } from './update.ts'
import { waitForContainer, type WaitCondition, type WaitResult } from './wait.ts'

/**
 * Containers: what should run, and what does.
 *
 * A **record** is the durable fact: configuration in Docker's words, and a state that is a union (state.ts). Beside it, in memory,
 * stands what only lives while it runs (live.ts): the task under its shim, those who wait, attach or exec. A verb per file; verbs
 * that change one container hold its lock, so they never overlap, and none holds it while it waits for an exit, because recording
 * the exit needs it (exit.ts).
 *
 * The story of `docker run`: create.ts makes record, snapshot and volumes; attach.ts joins before there is a task; wait.ts listens;
 * start.ts reserves ports, mounts, connects, writes the bundle, starts the task with the attachments on it, and commits; exit.ts
 * hears the end, commits it first, takes everything down, tells those who wait, and lets restart-policy.ts or remove.ts go on.
 *
 * Nothing here survives only in memory: restore.ts rebuilds live.ts from the records and the shims that it finds.
 * References are full ids, names, or unique id prefixes.
 */
export interface Containers {
  get(reference: string): ContainerRecord
  find(reference: string): ContainerRecord | undefined
  list(options?: ListOptions): Promise<ContainerRecord[]>
  /** All, in order of creation; for counting. */
  records(): ContainerRecord[]
  ofImage(image: ImageId): ContainerRecord[]
  withVolume(volume: string): ContainerRecord[]
  /** What containers are called by those that link to them, by id. */
  namesByLinks(): ReadonlyMap<string, readonly string[]>
  create(request: CreateRequest): Promise<Created>
  start(reference: string): Promise<void>
  stop(reference: string, options?: StopOptions): Promise<void>
  restart(reference: string, options?: StopOptions): Promise<void>
  kill(reference: string, signal?: string): Promise<void>
  pause(reference: string, options?: { passing?: boolean }): Promise<void>
  unpause(reference: string): Promise<void>
  remove(reference: string, options?: RemoveOptions): Promise<void>
  removeLink(reference: string, alias: string): Promise<void>
  rename(reference: string, name: string): Promise<void>
  wait(reference: string, condition: WaitCondition, signal: AbortSignal): { ended: Promise<WaitResult> }
  logs(reference: string, query: LogRequest, signal: AbortSignal): ContainerLogs
  attach(reference: string, request: AttachRequest): Attachment
  resize(reference: string, size: { rows: number; columns: number }): Promise<void>
  top(reference: string, psArguments?: string): Promise<ProcessTable>
  stats(reference: string): Promise<StatsSample>
  update(reference: string, update: ResourceUpdate): Promise<string[]>
  prune(filters?: ContainerFilters): Promise<Pruned>
  changePorts(reference: string, bindings: Record<string, HostPortBinding[] | null>): Promise<PortMapping[]>
  connectNetwork(reference: string, network: string, settings: EndpointSettings): Promise<void>
  disconnectNetwork(reference: string, network: string): Promise<void>
  createExec(reference: string, config: ExecConfig): string
  getExec(execId: string): Exec
  execIds(containerId: string): string[]
  beginExec(execId: string, consoleSize?: { rows: number; columns: number }): ExecStart
  resizeExec(execId: string, size: { rows: number; columns: number }): Promise<void>
  findSandbox(containerId: string): Sandbox | undefined
  /** Nobody starts, stops or removes the container until the work is done; it may end by itself, which is recorded afterwards. */
  hold<Result>(reference: string, work: (record: ContainerRecord) => Promise<Result>): Promise<Result>
  /** Bytes of the writable snapshot. */
  writableSize(containerId: string): Promise<number>
  /** Of the writable snapshot, as inspect shows it. */
  graphDriver(containerId: string): { name: string; values: Record<string, string> }
  volumeMountpoint(volume: string): string
  /** Makes records and kernel agree; once, before anything else. */
  restore(): Promise<void>
  /** Stops all that run, each by its own signal and timeout. */
  stopAll(): Promise<void>
}

export type ContainersOptions = Omit<ContainersContext, 'records' | 'execRecords' | 'live' | 'locks' | 'restarts'> & { metadata: MetadataStore; leases: Leases }

export function createContainers({ metadata, ...options }: ContainersOptions): Containers {
  const base = { ...options, records: createRecords(metadata.collection<ContainerRecord>('containers')), execRecords: metadata.collection<ExecRecord>('execs'), live: createLiveContainers(), locks: new KeyedMutex() }
  const ctx: ContainersContext & { leases: Leases } = { ...base, restarts: createRestarts(base, (record) => startLocked(ctx, record)) }
  return {
    get: (reference) => ctx.records.get(reference),
    find: (reference) => ctx.records.find(reference),
    list: (listOptions = {}) => listContainers(ctx, listOptions),
    records: () => ctx.records.list(),
    ofImage: (image) => ctx.records.ofImage(image),
    withVolume: (volume) => ctx.records.withVolume(volume),
    namesByLinks: () => namesByLinks(ctx.records.list(), ctx.records.find),
    create: (request) => createContainer(ctx, request),
    start: (reference) => startContainer(ctx, reference),
    stop: (reference, stopOptions = {}) => stopContainer(ctx, reference, stopOptions),
    restart: (reference, stopOptions = {}) => restartContainer(ctx, reference, stopOptions),
    kill: (reference, signal) => killContainer(ctx, reference, signal),
    pause: (reference, options) => pauseContainer(ctx, reference, options),
    unpause: (reference) => unpauseContainer(ctx, reference),
    remove: (reference, removeOptions = {}) => removeContainer(ctx, reference, removeOptions),
    removeLink: (reference, alias) => removeLink(ctx, reference, alias),
    rename: (reference, name) => renameContainer(ctx, reference, name),
    wait: (reference, condition, signal) => waitForContainer(ctx, reference, condition, signal),
    logs: (reference, query, signal) => containerLogs(ctx, reference, query, signal),
    attach: (reference, request) => attachContainer(ctx, reference, request),
    resize: (reference, size) => resizeContainer(ctx, reference, size),
    top: (reference, psArguments) => topContainer(ctx, reference, psArguments),
    stats: (reference) => sampleStats(ctx, reference),
    update: (reference, update) => updateContainer(ctx, reference, update),
    prune: (filters = {}) => pruneContainers(ctx, filters),
    changePorts: (reference, bindings) => changePorts(ctx, reference, bindings),
    connectNetwork: (reference, network, settings) => connectNetwork(ctx, reference, network, settings),
    disconnectNetwork: (reference, network) => disconnectNetwork(ctx, reference, network),
    createExec: (reference, config) => createExec(ctx, reference, config),
    getExec: (execId) => getExec(ctx, execId),
    execIds: (id) => [...ctx.live.of(id).execs.values()].filter((exec) => exec.state.status === 'running').map((exec) => exec.id),
    beginExec: (execId, consoleSize) => beginExec(ctx, execId, consoleSize),
    resizeExec: (execId, size) => resizeExec(ctx, execId, size),
    hold: (reference, work) => holdContainer(ctx, reference, work),
    findSandbox: (id) => ctx.needs.networks.findSandbox(id),
    // One whose removal failed half way has no files any more.
    writableSize: async (id) => (ctx.snapshots.hasActive(id) ? (await ctx.snapshots.usage({ key: id })).bytes : 0),
    graphDriver: (id) => ({ name: ctx.snapshots.driver, values: { ...(ctx.snapshots.hasActive(id) && ctx.snapshots.describe({ key: id })), MergedDir: ctx.layout.container(id).rootfs } }),
    volumeMountpoint: (volume) => ctx.needs.volumes.mountpoint(volume),
    restore: () => restoreContainers(ctx),
    stopAll: () => stopAllContainers(ctx),
  }
}
