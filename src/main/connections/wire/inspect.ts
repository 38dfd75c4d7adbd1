/** What an edit reads of GET /containers/{id}/json. Everything else in `Config` and `HostConfig` is carried over untouched. */
export interface WireInspect {
  Id: string
  Name: string
  /** Of the image it was made from. */
  Image: string
  Created: string
  State: { Status: string; Running?: boolean; Paused?: boolean; Restarting?: boolean; Dead?: boolean; ExitCode?: number; Error?: string; Health?: { Status: string; Log?: { Output?: string }[] | null } | null }
  Config: WireConfig
  HostConfig: WireHostConfig
  Mounts?: WireMountPoint[] | null
  NetworkSettings?: { Networks?: Record<string, WireEndpoint | null> | null }
}

export interface WireConfig {
  Image: string
  Hostname?: string
  User?: string
  Env?: string[] | null
  Cmd?: string[] | null
  Entrypoint?: string[] | null
  WorkingDir?: string
  Tty?: boolean
  OpenStdin?: boolean
  Labels?: Record<string, string> | null
  Healthcheck?: WireHealthcheck | null
  ExposedPorts?: Record<string, object> | null
  Volumes?: Record<string, object> | null
  StopSignal?: string
  StopTimeout?: number | null
  [other: string]: unknown
}
/** Durations in nanoseconds. */
export interface WireHealthcheck {
  Test?: string[] | null
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  Retries?: number
}

export type WireBindings = Record<string, { HostIp?: string; HostPort?: string }[] | null>

export interface WireHostConfig {
  Binds?: string[] | null
  Mounts?: WireMountSpec[] | null
  Tmpfs?: Record<string, string> | null
  VolumesFrom?: string[] | null
  NetworkMode?: string
  PidMode?: string
  IpcMode?: string
  Links?: string[] | null
  PortBindings?: WireBindings | null
  PublishAllPorts?: boolean
  RestartPolicy?: { Name?: string; MaximumRetryCount?: number } | null
  AutoRemove?: boolean
  Memory?: number
  MemorySwap?: number
  NanoCpus?: number
  PidsLimit?: number | null
  CapAdd?: string[] | null
  CapDrop?: string[] | null
  Privileged?: boolean
  ReadonlyRootfs?: boolean
  Init?: boolean | null
  Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | null
  Dns?: string[] | null
  DnsSearch?: string[] | null
  ExtraHosts?: string[] | null
  LogConfig?: { Type?: string; Config?: Record<string, string> | null } | null
  ShmSize?: number
  Sysctls?: Record<string, string> | null
  Ulimits?: { Name: string; Soft: number; Hard: number }[] | null
  GroupAdd?: string[] | null
  SecurityOpt?: string[] | null
  [other: string]: unknown
}
export interface WireMountSpec {
  Type: string
  Source?: string
  Target: string
  ReadOnly?: boolean
  [other: string]: unknown
}
export interface WireMountPoint {
  Type: string
  Name?: string
  Source?: string
  Destination: string
  RW?: boolean
}
export interface WireEndpoint {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] | null } | null
  Links?: string[] | null
  Aliases?: string[] | null
  MacAddress?: string
  DriverOpts?: Record<string, string> | null
  GwPriority?: number
  IPAddress?: string
}

export interface WireImage {
  Id: string
  Config?: Partial<WireConfig> | null
}
