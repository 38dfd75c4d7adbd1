import type { ContainerDefaults } from '#shared/oci/image-config.ts'
import { maskedPaths, READONLY_PATHS } from '../../core/runtime/spec/hidden-paths.ts'

/**
 * What a container should be, in Docker's own words (API 1.50, `Config` and `HostConfig`): these are kept in the record as
 * the client sent them with the defaults filled in, because `inspect` must give them back unchanged. Everything else of the service
 * speaks our vocabulary.
 */
export interface ContainerConfig extends ContainerDefaults {
  Hostname?: string
  Domainname?: string
  AttachStdin?: boolean
  AttachStdout?: boolean
  AttachStderr?: boolean
  Tty?: boolean
  OpenStdin?: boolean
  StdinOnce?: boolean
  Image?: string
  NetworkDisabled?: boolean
  MacAddress?: string
}

export interface HostConfig {
  Binds?: string[] | null
  ContainerIDFile?: string
  LogConfig?: LogConfig
  NetworkMode?: string
  /** `8080/tcp` → bindings. */
  PortBindings?: Record<string, HostPortBinding[] | null> | null
  RestartPolicy?: RestartPolicy
  AutoRemove?: boolean
  VolumeDriver?: string
  VolumesFrom?: string[] | null
  ConsoleSize?: [number, number]
  Annotations?: Record<string, string>
  CapAdd?: string[] | null
  CapDrop?: string[] | null
  CgroupnsMode?: string
  Dns?: string[] | null
  DnsOptions?: string[] | null
  DnsSearch?: string[] | null
  ExtraHosts?: string[] | null
  GroupAdd?: string[] | null
  IpcMode?: string
  Cgroup?: string
  Links?: string[] | null
  OomScoreAdj?: number
  PidMode?: string
  Privileged?: boolean
  PublishAllPorts?: boolean
  ReadonlyRootfs?: boolean
  SecurityOpt?: string[] | null
  StorageOpt?: Record<string, string> | null
  Tmpfs?: Record<string, string>
  UTSMode?: string
  UsernsMode?: string
  ShmSize?: number
  Sysctls?: Record<string, string>
  Runtime?: string
  Isolation?: string
  CpuShares?: number
  Memory?: number
  NanoCpus?: number
  CgroupParent?: string
  BlkioWeight?: number
  BlkioWeightDevice?: { Path: string; Weight: number }[] | null
  BlkioDeviceReadBps?: DeviceRate[] | null
  BlkioDeviceWriteBps?: DeviceRate[] | null
  BlkioDeviceReadIOps?: DeviceRate[] | null
  BlkioDeviceWriteIOps?: DeviceRate[] | null
  CpuPeriod?: number
  CpuQuota?: number
  CpuRealtimePeriod?: number
  CpuRealtimeRuntime?: number
  CpusetCpus?: string
  CpusetMems?: string
  Devices?: DeviceMapping[] | null
  DeviceCgroupRules?: string[] | null
  DeviceRequests?: { Driver?: string; Capabilities?: string[][] | null }[] | null
  KernelMemoryTCP?: number
  MemoryReservation?: number
  MemorySwap?: number
  MemorySwappiness?: number | null
  OomKillDisable?: boolean | null
  PidsLimit?: number | null
  Ulimits?: { Name: string; Soft?: number | null; Hard?: number | null }[] | null
  CpuCount?: number
  CpuPercent?: number
  IOMaximumIOps?: number
  IOMaximumBandwidth?: number
  Mounts?: MountRequest[] | null
  MaskedPaths?: string[] | null
  ReadonlyPaths?: string[] | null
  Init?: boolean | null
}

export interface LogConfig {
  Type?: string
  Config?: Record<string, string> | null
}
export interface HostPortBinding {
  HostIp?: string
  HostPort?: string
}
export interface RestartPolicy {
  Name?: string
  MaximumRetryCount?: number
}
export interface DeviceRate {
  Path: string
  Rate: number
}
export interface DeviceMapping {
  PathOnHost: string
  PathInContainer?: string
  CgroupPermissions?: string
}

/** One `--mount`. */
export interface MountRequest {
  Type?: string
  Source?: string
  Target?: string
  ReadOnly?: boolean
  Consistency?: string
  BindOptions?: { Propagation?: string; NonRecursive?: boolean; CreateMountpoint?: boolean; ReadOnlyNonRecursive?: boolean; ReadOnlyForceRecursive?: boolean }
  VolumeOptions?: { NoCopy?: boolean; Labels?: Record<string, string>; DriverConfig?: { Name?: string; Options?: Record<string, string> }; Subpath?: string }
  TmpfsOptions?: { SizeBytes?: number; Mode?: number; Options?: string[][] }
  ImageOptions?: { Subpath?: string }
}

/** What one endpoint should be (`NetworkingConfig.EndpointsConfig`); the addresses it turned out to have are in its sandbox. */
export interface EndpointSettings {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] } | null
  Links?: string[] | null
  Aliases?: string[] | null
  MacAddress?: string
  DriverOpts?: Record<string, string> | null
  GwPriority?: number
}

/** The parts of HostConfig that `update` may change. */
export type ResourceUpdate = Partial<HostConfig>

const MEBIBYTE = 1024 * 1024

/** Fills in what Docker fills in at create. */
export function withHostDefaults(host: HostConfig, cgroupVersion: 1 | 2, logOptions: Record<string, string> = {}): HostConfig {
  return {
    ...host,
    Binds: host.Binds ?? null,
    ContainerIDFile: host.ContainerIDFile ?? '',
    // As Docker's daemon: its own log options are for those who name no driver.
    LogConfig: { Type: host.LogConfig?.Type || 'json-file', Config: host.LogConfig?.Type ? (host.LogConfig.Config ?? {}) : { ...logOptions, ...host.LogConfig?.Config } },
    NetworkMode: normalizeNetworkMode(host.NetworkMode),
    PortBindings: host.PortBindings ? Object.fromEntries(Object.entries(host.PortBindings).map(([port, bindings]) => [port, bindings && bindings.map(({ HostIp = '', HostPort = '' }) => ({ HostIp, HostPort }))])) : null,
    RestartPolicy: { Name: host.RestartPolicy?.Name || 'no', MaximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0 },
    AutoRemove: host.AutoRemove ?? false,
    VolumeDriver: host.VolumeDriver ?? '',
    VolumesFrom: host.VolumesFrom ?? null,
    ConsoleSize: host.ConsoleSize ?? [0, 0],
    CapAdd: host.CapAdd ?? null,
    CapDrop: host.CapDrop ?? null,
    CgroupnsMode: host.CgroupnsMode || (cgroupVersion === 2 && !host.Privileged ? 'private' : 'host'),
    Dns: host.Dns ?? null,
    DnsOptions: host.DnsOptions ?? null,
    DnsSearch: host.DnsSearch ?? null,
    ExtraHosts: host.ExtraHosts ?? null,
    GroupAdd: host.GroupAdd ?? null,
    IpcMode: host.IpcMode || 'private',
    Cgroup: host.Cgroup ?? '',
    Links: host.Links ?? null,
    OomScoreAdj: host.OomScoreAdj ?? 0,
    PidMode: host.PidMode ?? '',
    Privileged: host.Privileged ?? false,
    PublishAllPorts: host.PublishAllPorts ?? false,
    ReadonlyRootfs: host.ReadonlyRootfs ?? false,
    SecurityOpt: securityOptions(host),
    UTSMode: host.UTSMode ?? '',
    UsernsMode: host.UsernsMode ?? '',
    ShmSize: host.ShmSize || 64 * MEBIBYTE,
    Runtime: host.Runtime,
    Isolation: host.Isolation ?? '',
    ...resourceDefaults(host, cgroupVersion),
    MaskedPaths: host.MaskedPaths ?? (host.Privileged ? null : [...maskedPaths()]),
    ReadonlyPaths: host.ReadonlyPaths ?? (host.Privileged ? null : [...READONLY_PATHS]),
  }
}

/** Who sees the host's processes or memory, or may do everything, gets no SELinux label, which Docker shows like this. */
function securityOptions({ SecurityOpt, Privileged, PidMode, IpcMode }: HostConfig): string[] | null {
  const unlabelled = (Privileged || PidMode === 'host' || IpcMode === 'host') && !SecurityOpt?.some((option) => option.startsWith('label'))
  return unlabelled ? [...(SecurityOpt ?? []), 'label=disable'] : (SecurityOpt ?? null)
}

const normalizeNetworkMode = (mode: string | undefined) => (mode === undefined || mode === '' || mode === 'default' ? 'bridge' : mode)

function resourceDefaults(host: HostConfig, cgroupVersion: 1 | 2): Partial<HostConfig> {
  return {
    CpuShares: host.CpuShares ?? 0,
    Memory: host.Memory ?? 0,
    NanoCpus: host.NanoCpus ?? 0,
    CgroupParent: host.CgroupParent ?? '',
    BlkioWeight: host.BlkioWeight ?? 0,
    BlkioWeightDevice: host.BlkioWeightDevice ?? null,
    BlkioDeviceReadBps: host.BlkioDeviceReadBps ?? null,
    BlkioDeviceWriteBps: host.BlkioDeviceWriteBps ?? null,
    BlkioDeviceReadIOps: host.BlkioDeviceReadIOps ?? null,
    BlkioDeviceWriteIOps: host.BlkioDeviceWriteIOps ?? null,
    CpuPeriod: host.CpuPeriod ?? 0,
    CpuQuota: host.CpuQuota ?? 0,
    CpuRealtimePeriod: host.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: host.CpuRealtimeRuntime ?? 0,
    CpusetCpus: host.CpusetCpus ?? '',
    CpusetMems: host.CpusetMems ?? '',
    Devices: host.Devices ?? null,
    DeviceCgroupRules: host.DeviceCgroupRules ?? null,
    DeviceRequests: host.DeviceRequests ?? null,
    MemoryReservation: host.MemoryReservation ?? 0,
    // Docker gives as much swap as memory when only memory is limited.
    MemorySwap: host.MemorySwap || (host.Memory ? host.Memory * 2 : 0),
    MemorySwappiness: host.MemorySwappiness === -1 ? null : (host.MemorySwappiness ?? null),
    OomKillDisable: host.OomKillDisable ?? (cgroupVersion === 2 ? null : false),
    PidsLimit: host.PidsLimit && host.PidsLimit > 0 ? host.PidsLimit : null,
    Ulimits: host.Ulimits ?? null,
    CpuCount: host.CpuCount ?? 0,
    CpuPercent: host.CpuPercent ?? 0,
    IOMaximumIOps: host.IOMaximumIOps ?? 0,
    IOMaximumBandwidth: host.IOMaximumBandwidth ?? 0,
  }
}
