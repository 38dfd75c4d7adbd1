import { EngineError } from '#shared/errors.ts'
import type { Sandbox } from '../../core/network/sandbox.ts'
import type { ContainerSpecInput, MountInput, NamespaceInput, SecurityInput } from '../../core/runtime/spec/container-spec.ts'
import type { ResourceLimits } from '../../core/runtime/spec/resource-limits.ts'
import type { HostConfig } from './config.ts'
import type { ContainersContext } from './context.ts'
import type { ContainerRecord } from './record.ts'
import { linkEnvironment } from './link-environment.ts'
import { readSecurityOptions } from './security-options.ts'
import { isAlive } from './state.ts'

export interface SpecParts {
  rootfs: string
  sandbox: Sandbox | undefined
  mounts: readonly MountInput[]
  files: { hosts?: string; hostname?: string; resolvConf?: string }
  consoleSize?: { rows: number; columns: number }
}

/** The record in the words of core/runtime: names looked up, strings parsed. */
export function specInputOf(ctx: ContainersContext, record: ContainerRecord, parts: SpecParts): ContainerSpecInput {
  const { config, host } = record
  return {
    id: record.id,
    rootfs: { path: parts.rootfs, readonly: host.ReadonlyRootfs ?? false },
    process: {
      args: commandOf(record),
      env: [...linkEnvironment(ctx, record), ...(config.Env ?? [])],
      cwd: config.WorkingDir || '/',
      user: config.User ?? '',
      groups: host.GroupAdd ?? [],
      tty: config.Tty ?? false,
      consoleSize: parts.consoleSize,
    },
    hostname: config.Hostname,
    domainname: config.Domainname,
    files: parts.files,
    mounts: parts.mounts,
    namespaces: namespacesOf(ctx, record, parts.sandbox),
    shmSize: host.ShmSize,
    init: host.Init ?? false,
    security: securityOf(host),
    devices: (host.Devices ?? []).map((device) => ({ hostPath: device.PathOnHost, containerPath: device.PathInContainer || device.PathOnHost, permissions: device.CgroupPermissions || 'rwm' })),
    deviceCgroupRules: host.DeviceCgroupRules ?? [],
    // A new cgroup has no quota; on cgroup v1 crun 1.8 cannot write the -1 that says so.
    limits: { ...limitsOf(host), ...((host.CpuQuota ?? 0) < 0 && { cpuQuota: undefined }) },
    cgroupParent: host.CgroupParent || undefined,
    ulimits: (host.Ulimits ?? []).map((limit) => ({ name: limit.Name, soft: limit.Soft ?? 0, hard: limit.Hard ?? 0 })),
    sysctls: host.Sysctls,
    oomScoreAdj: host.OomScoreAdj,
    annotations: host.Annotations,
  }
}

export const commandOf = (record: Pick<ContainerRecord, 'config'>): string[] => [...(record.config.Entrypoint ?? []), ...(record.config.Cmd ?? [])]

export function limitsOf(host: HostConfig): ResourceLimits {
  const rates = (list: HostConfig['BlkioDeviceReadBps']) => (list ?? []).map((entry) => ({ path: entry.Path, rate: entry.Rate }))
  return {
    memory: host.Memory,
    memoryReservation: host.MemoryReservation,
    memorySwap: host.MemorySwap,
    memorySwappiness: host.MemorySwappiness ?? undefined,
    oomKillDisable: host.OomKillDisable ?? undefined,
    kernelMemoryTcp: host.KernelMemoryTCP,
    cpuShares: host.CpuShares,
    cpuPeriod: host.CpuPeriod,
    cpuQuota: host.CpuQuota,
    nanoCpus: host.NanoCpus,
    cpuRealtimePeriod: host.CpuRealtimePeriod,
    cpuRealtimeRuntime: host.CpuRealtimeRuntime,
    cpusetCpus: host.CpusetCpus,
    cpusetMems: host.CpusetMems,
    pidsLimit: host.PidsLimit && host.PidsLimit > 0 ? host.PidsLimit : undefined,
    blkioWeight: host.BlkioWeight,
    blkioWeightDevices: (host.BlkioWeightDevice ?? []).map((entry) => ({ path: entry.Path, weight: entry.Weight })),
    blkioReadBps: rates(host.BlkioDeviceReadBps),
    blkioWriteBps: rates(host.BlkioDeviceWriteBps),
    blkioReadIops: rates(host.BlkioDeviceReadIOps),
    blkioWriteIops: rates(host.BlkioDeviceWriteIOps),
  }
}

function securityOf(host: HostConfig): SecurityInput {
  const options = readSecurityOptions(host.SecurityOpt ?? [])
  return {
    privileged: host.Privileged,
    capAdd: host.CapAdd ?? [],
    capDrop: host.CapDrop ?? [],
    noNewPrivileges: options.noNewPrivileges,
    seccomp: options.seccomp ?? (host.Privileged ? 'unconfined' : 'default'),
    apparmor: options.apparmor,
    maskedPaths: options.unconfinedPaths ? [] : (host.MaskedPaths ?? undefined),
    readonlyPaths: options.unconfinedPaths ? [] : (host.ReadonlyPaths ?? undefined),
  }
}

function namespacesOf(ctx: ContainersContext, record: ContainerRecord, sandbox: Sandbox | undefined): NamespaceInput {
  const { host } = record
  const network = host.NetworkMode ?? ''
  const pid = joinedContainer(host.PidMode)
  const net = joinedContainer(network)
  return {
    network: sandbox ? { sandbox: sandbox.namespacePath } : net ? { container: namespacePath(ctx, net, 'net') } : network === 'host' ? 'host' : 'private',
    pid: pid ? { container: namespacePath(ctx, pid, 'pid') } : host.PidMode === 'host' ? 'host' : 'private',
    ipc: ipcOf(ctx, record),
    uts: host.UTSMode === 'host' ? 'host' : 'private',
    cgroup: host.CgroupnsMode === 'host' ? 'host' : host.CgroupnsMode === 'private' ? 'private' : undefined,
  }
}

/** `container:x` → x. */
export const joinedContainer = (mode: string | undefined): string | undefined => (mode?.startsWith('container:') ? mode.slice('container:'.length) : undefined)

function namespacePath(ctx: ContainersContext, reference: string, kind: 'ipc' | 'net' | 'pid'): string {
  const other = ctx.records.get(reference)
  if (isAlive(other.state)) return `/proc/${other.state.pid}/ns/${kind}`
  const why = kind === 'net' ? `cannot join network of a non running container: ${other.id}` : `failed to join ${kind.toUpperCase()} namespace: cannot join namespace of a non running container: container ${other.id} is not running`
  throw new EngineError('failed-precondition', why, { reason: 'not-running' })
}

function ipcOf(ctx: ContainersContext, { id, host }: ContainerRecord): NamespaceInput['ipc'] {
  const mode = host.IpcMode ?? ''
  if (sharesMemory(host)) return { shm: ctx.layout.container(id).sharedMemory }
  const donor = joinedContainer(mode)
  if (donor === undefined) return mode === 'host' || mode === 'none' ? mode : 'private'
  const container = namespacePath(ctx, donor, 'ipc')
  const other = ctx.records.get(donor)
  if (!sharesMemory(other.host)) throw new EngineError('invalid-argument', `cannot join IPC of container ${other.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`, { reason: 'ipc-not-shareable' })
  return { container, shm: ctx.layout.container(other.id).sharedMemory }
}

/** Whether other containers may join its ipc namespace and /dev/shm. */
export const sharesMemory = (host: HostConfig): boolean => host.IpcMode === 'shareable'
