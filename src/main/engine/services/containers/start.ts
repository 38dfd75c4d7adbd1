import { mkdir, writeFile } from 'node:fs/promises'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import { settleAll } from '#base/settle-all.ts'
import { formatTimestamp } from '#base/timestamps.ts'
import type { Sandbox } from '../../core/network/sandbox.ts'
import type { Task } from '../../core/runtime/runtime.ts'
import { DEFAULT_SHM_SIZE } from '../../core/runtime/spec/default-mounts.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { watchTask } from './exit.ts'
import { watchHealth } from './health.ts'
import { FIRST_RESTART_DELAY } from './live.ts'
import { logDriverOf } from './log-drivers.ts'
import { linkedBy, rewriteNameFiles, writeNameFiles } from './name-files.ts'
import { networkKind, networkOwner, sandboxRequestOf, withHostname } from './network-plan.ts'
import type { ContainerRecord } from './record.ts'
import { openMounts } from './open-mounts.ts'
import { removeLocked } from './remove.ts'
import { sharesMemory, specInputOf } from './spec-input.ts'
import { lastEnd, type ContainerState, type StartFailure } from './state.ts'
import { writeUnrecorded } from './unrecorded.ts'

/** Starts a created or exited container. @throws not-modified when it runs already. */
export async function startContainer(ctx: ContainersContext, reference: string): Promise<void> {
  const { id } = ctx.records.get(reference)
  await ctx.locks.run(id, async () => {
    await writeUnrecorded(ctx, id)
    const record = ctx.records.get(id)
    refuseUnlessStartable(record)
    ctx.live.of(id).restartDelay = FIRST_RESTART_DELAY
    await startLocked(ctx, { ...record, restartCount: 0, stoppedByUser: false })
  })
}

export function refuseUnlessStartable({ id, state }: ContainerRecord): void {
  if (state.status === 'running') throw new EngineError('not-modified', `container ${id} is already running`)
  if (state.status === 'paused') throw new EngineError('failed-precondition', 'cannot start a paused container, try unpause instead')
  if (state.status === 'removing') throw new EngineError('failed-precondition', 'container is marked for removal and cannot be started')
}

/** Whoever calls holds the container's lock. A failure is recorded; a container that was to remove itself goes. */
export async function startLocked(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  clearTimeout(ctx.live.of(record.id).restartTimer)
  ctx.live.of(record.id).restartTimer = undefined
  try {
    await startTask(ctx, record)
  } catch (error) {
    const failed = recordFailure(ctx, record, error)
    if (record.host.AutoRemove) await removeLocked(ctx, failed, { volumes: true })
    throw error
  }
}

/** GPUs come by drivers that this engine does not have. */
function refuseDeviceRequests({ host }: ContainerRecord): void {
  const [request] = host.DeviceRequests ?? []
  if (!request) return
  const capabilities = (request.Capabilities ?? []).map((all) => `[${all.join(' ')}]`).join(' ')
  throw new EngineError('invalid-argument', `could not select device driver "${request.Driver ?? ''}" with capabilities: [${capabilities}]`, { reason: 'no-device-driver' })
}

/** The steps of a start. What was made is undone on failure. */
async function startTask(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  refuseDeviceRequests(record)
  ctx.runtime.expectStart()
  await using undo = new AsyncDisposableStack()
  await mkdir(ctx.layout.container(record.id).logs, { recursive: true, mode: 0o700 })
  const [network, rootfs] = await settleAll([openNetwork(ctx, record, undo), openRootfs(ctx, record, undo)])
  const named = withHostname(ctx, record)
  const files = { ...network.files, hostname: await writeHostname(ctx, named) }
  const { spec } = await ctx.spec.container(specInputOf(ctx, named, { ...rootfs, sandbox: network.sandbox, files, consoleSize: consoleSizeOf(record) }))
  const task = undo.adopt(await ctx.runtime.createTask({ id: record.id, spec, ...stdioOf(ctx, record) }), (made) => made.remove())
  await settleAll([...ctx.live.of(record.id).pendingAttachments].map((attachment) => attachment.join(task)))
  const pid = await task.start()
  commitRunning(ctx, record, { status: 'running', pid, startedAt: formatTimestamp(ctx.clock()) }, network.sandbox, task)
  undo.move()
}

function commitRunning(ctx: ContainersContext, record: ContainerRecord, state: ContainerState, sandbox: Sandbox | undefined, task: Task): void {
  const live = ctx.live.of(record.id)
  const running: ContainerRecord = { ...record, state, ports: sandbox?.ports ?? [], health: undefined }
  ctx.records.commit(running)
  live.pendingAttachments.clear()
  publishContainerEvent(ctx, running, 'start')
  watchTask(ctx, record.id, task)
  watchHealth(ctx, record.id)
}

/** A first start that fails leaves the container `created`, a later one `exited`, both with the reason. */
function recordFailure(ctx: ContainersContext, record: ContainerRecord, error: unknown): ContainerRecord {
  for (const attachment of ctx.live.of(record.id).pendingAttachments) attachment.abandon()
  const failure: StartFailure = { message: messageOf(error), code: exitCodeOf(error), at: formatTimestamp(ctx.clock()) }
  const before = lastEnd(record.state)
  const state: ContainerState = before ? { ...before, status: 'exited', code: failure.code, failure } : { status: 'created', failure }
  const failed = { ...record, state }
  ctx.records.commit(failed)
  return failed
}

function exitCodeOf(error: unknown): number {
  if (isEngineError(error) && error.reason === 'executable-not-found') return 127
  return isEngineError(error) && error.reason === 'not-executable' ? 126 : 128
}

async function openRootfs(ctx: ContainersContext, record: ContainerRecord, undo: AsyncDisposableStack) {
  const { rootfs } = ctx.layout.container(record.id)
  const mountRootfs = async () => {
    await mkdir(rootfs, { recursive: true })
    await ctx.snapshots.mount(record.id, rootfs, { volatile: record.host.AutoRemove ?? false })
    undo.defer(() => ctx.snapshots.unmount(rootfs))
  }
  const [mounts] = await settleAll([openMounts(ctx, record, undo), mountRootfs()])
  return { rootfs, mounts }
}

interface OpenNetwork {
  sandbox: Sandbox | undefined
  files: { hosts?: string; resolvConf?: string }
}

async function openNetwork(ctx: ContainersContext, record: ContainerRecord, undo: AsyncDisposableStack): Promise<OpenNetwork> {
  const kind = networkKind(record)
  if (kind === 'joined') return { sandbox: undefined, files: joinedFiles(ctx, record) }
  if (kind === 'host') {
    const { Dns, DnsSearch, DnsOptions, ExtraHosts } = record.host
    const files = await ctx.needs.networks.hostModeFiles({ hostname: record.config.Hostname ?? '', dns: { servers: Dns ?? [], search: DnsSearch ?? [], options: DnsOptions ?? [] }, extraHosts: ExtraHosts ?? [] })
    return { sandbox: undefined, files: await writeNameFiles(ctx, record.id, files) }
  }
  const sandbox = await ctx.needs.networks.connectSandbox(sandboxRequestOf(ctx, record, kind))
  undo.defer(() => ctx.needs.networks.disconnectSandbox(record.id))
  await settleAll(linkedBy(ctx, record).map((parent) => rewriteNameFiles(ctx, parent.id)))
  return { sandbox, files: await writeNameFiles(ctx, record.id, sandbox.files) }
}

/** Containers of one network stack see the same names. */
function joinedFiles(ctx: ContainersContext, record: ContainerRecord): OpenNetwork['files'] {
  const { hostsFile, resolvConfFile } = ctx.layout.container(networkOwner(ctx.records, record).id)
  return { hosts: hostsFile, resolvConf: resolvConfFile }
}

async function writeHostname(ctx: ContainersContext, record: ContainerRecord): Promise<string> {
  const { hostnameFile } = ctx.layout.container(record.id)
  await writeFile(hostnameFile, `${record.config.Hostname ?? ''}\n`)
  return hostnameFile
}

function stdioOf(ctx: ContainersContext, { id, config, host }: ContainerRecord) {
  const driver = logDriverOf(host)
  return {
    tty: config.Tty ?? false,
    stdin: !config.OpenStdin ? ('none' as const) : config.StdinOnce ? ('once' as const) : ('keep' as const),
    sharedMemory: sharesMemory(host) ? host.ShmSize || DEFAULT_SHM_SIZE : undefined,
    log: driver.name === 'none' ? undefined : { directory: ctx.layout.container(id).logs, maxSize: driver.maxSize, maxFiles: driver.maxFiles },
  }
}

function consoleSizeOf({ host }: ContainerRecord) {
  const [rows = 0, columns = 0] = host.ConsoleSize ?? []
  return rows > 0 && columns > 0 ? { rows, columns } : undefined
}
