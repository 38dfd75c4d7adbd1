import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { EngineError } from '#shared/errors.ts'
import { formatPlatform, type Platform } from '#shared/oci/platform.ts'
import { formatTimestamp } from '#base/timestamps.ts'
import type { Leases } from '../../core/leases/leases.ts'
import { withHostDefaults, type ContainerConfig, type EndpointSettings, type HostConfig } from './config.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import { furnishRootfs } from './furnish-rootfs.ts'
import { mergeImageConfig } from './merge-image-config.ts'
import { generateName, parseContainerName } from './names.ts'
import { endpointRequestOf, plannedEndpoints } from './network-plan.ts'
import { parsePortBindings } from './port-bindings.ts'
import type { ContainerRecord } from './record.ts'
import { resolveMounts } from './resolve-mounts.ts'
import { readSecurityOptions } from './security-options.ts'
import { commandOf, joinedContainer, limitsOf } from './spec-input.ts'
import { validateConfig } from './validate.ts'

export interface CreateRequest {
  /** A generated one when absent. */
  name?: string
  platform?: Platform
  config: ContainerConfig
  host: HostConfig
  endpoints: Record<string, EndpointSettings>
  /** A read-only bind leaves what is mounted below it as it is, unless it says otherwise. */
  shallowReadonly?: boolean
}
export interface Created {
  id: string
  warnings: string[]
}

/** Makes the record, the writable snapshot and the volumes of a container. Leaves nothing behind on failure. */
export async function createContainer(ctx: ContainersContext & { leases: Leases }, request: CreateRequest): Promise<Created> {
  validateConfig(request.config, request.host)
  readSecurityOptions(request.host.SecurityOpt ?? [])
  using lease = ctx.leases.open('create')
  await using undo = new AsyncDisposableStack()

  const id = randomBytes(32).toString('hex')
  const name = request.name ? parseContainerName(request.name) : generateName((wanted) => ctx.records.isTaken(wanted))
  using _claim = ctx.records.claimName(name, id)
  const warnings = warningsOf(ctx, request.host)
  if (!request.config.Image) throw new EngineError('invalid-argument', commandOf(request).length === 0 ? 'no command specified' : 'no image specified: a container is made of one', { field: 'image' })
  const image = await ctx.needs.images.resolve(request.config.Image, request.platform)
  if (image.chain) lease.hold(image.chain)

  const { config, host } = completed(ctx, request, image.config.config ?? {}, id)
  parsePortBindings(config, host)
  if (commandOf({ config }).length === 0) throw new EngineError('invalid-argument', 'no command specified', { field: 'command', hint: 'The image has no command of its own: give one.' })
  const endpoints = plannedEndpoints(request.endpoints, config, host)
  for (const [network, settings] of Object.entries(endpoints)) ctx.needs.networks.checkEndpoint(endpointRequestOf(ctx, { host }, network, settings))

  await ctx.snapshots.prepare(id, image.chain, { marked: true })
  undo.defer(() => ctx.snapshots.remove(id))
  const mounts = await resolveMounts(ctx, config, host, undo, request)
  const record: ContainerRecord = {
    id,
    name,
    createdAt: formatTimestamp(ctx.clock()),
    image: { id: image.id, chain: image.chain, platform: formatPlatform(image.platform) },
    config,
    host,
    endpoints,
    mounts,
    ports: [],
    state: { status: 'created' },
    restartCount: 0,
    stoppedByUser: false,
  }
  await furnishRootfs(ctx, record, request.config.WorkingDir && config.WorkingDir !== image.config.config?.WorkingDir ? config.WorkingDir : undefined)
  ctx.records.commit(record)
  undo.move()
  publishContainerEvent(ctx, record, 'create')
  return { id, warnings }
}

function completed(ctx: ContainersContext, request: CreateRequest, image: Parameters<typeof mergeImageConfig>[1], id: string): { config: ContainerConfig; host: HostConfig } {
  const { cgroup, runtime } = ctx.host.facts
  const Runtime = request.host.Runtime || runtime?.name || 'runc'
  if (![runtime?.name, 'runc', 'crun', 'io.containerd.runc.v2'].includes(Runtime)) throw new EngineError('invalid-argument', `unknown or invalid runtime name: ${Runtime}`, { field: 'runtime' })
  const host = withIds(ctx, withHostDefaults({ ...request.host, Runtime }, cgroup.mode === 'v2' ? 2 : 1, ctx.logOptions))
  const merged = mergeImageConfig(request.config, image)
  const own = host.NetworkMode === 'host' || host.UTSMode === 'host' ? hostname() : host.NetworkMode?.startsWith('container:') ? '' : id.slice(0, 12)
  return { host, config: { ...merged, Hostname: merged.Hostname || own, Domainname: merged.Domainname ?? '' } }
}

/** Whose namespaces are joined is known by id: names can change. Whose network is joined may come by the start; the others Docker wants to see now. */
function withIds(ctx: ContainersContext, host: HostConfig): HostConfig {
  const byId = (mode: string | undefined, required = false) => {
    const reference = joinedContainer(mode)
    const found = reference === undefined ? undefined : ctx.records.find(reference)
    if (required && reference !== undefined && !found) throw new EngineError('invalid-argument', `No such container: ${reference}`, { reason: 'no-such-container' })
    return found ? `container:${found.id}` : mode
  }
  return { ...host, NetworkMode: byId(host.NetworkMode), PidMode: byId(host.PidMode, true), IpcMode: byId(host.IpcMode, true) }
}

function warningsOf(ctx: ContainersContext, host: HostConfig): string[] {
  const warnings = ctx.spec.checkLimits(limitsOf(host))
  if (host.NetworkMode === 'host' && Object.keys(host.PortBindings ?? {}).length > 0) warnings.push('Published ports are discarded when using host network mode')
  return warnings
}
