/**
 * A container as somebody would have to say it: what it has beyond what its image says by itself and beyond what the engine does by default.
 * `run-line.ts`, `compose.ts` and `kubernetes.ts` write it down; all of them are pure.
 */

/** What is used of GET /containers/{id}/json and, as `ImageConfig`, of its image's. */
export interface WireSettings {
  Id: string
  Name: string
  Config: ImageConfig & { Image: string; Hostname?: string; Domainname?: string; Tty?: boolean; OpenStdin?: boolean; StopTimeout?: number | null; MacAddress?: string }
  HostConfig: WireHost
  NetworkSettings?: { Networks?: Record<string, WireEndpoint | null> | null }
}
export interface ImageConfig {
  Entrypoint?: string[] | null
  Cmd?: string[] | null
  Env?: string[] | null
  Labels?: Record<string, string> | null
  ExposedPorts?: Record<string, object> | null
  Volumes?: Record<string, object> | null
  WorkingDir?: string
  User?: string
  StopSignal?: string
  Healthcheck?: Health | null
}
export interface Health {
  Test?: string[] | null
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  StartInterval?: number
  Retries?: number
}
export interface WireEndpoint {
  Aliases?: string[] | null
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string } | null
}
export interface WireMountSpec {
  Type: string
  Source?: string
  Target: string
  ReadOnly?: boolean
  BindOptions?: { Propagation?: string; NonRecursive?: boolean; CreateMountpoint?: boolean } | null
  VolumeOptions?: { NoCopy?: boolean; Subpath?: string; Labels?: Record<string, string> | null; DriverConfig?: { Name?: string; Options?: Record<string, string> | null } | null } | null
  TmpfsOptions?: { SizeBytes?: number; Mode?: number } | null
}
export interface WireHost {
  Binds?: string[] | null
  Mounts?: WireMountSpec[] | null
  Tmpfs?: Record<string, string> | null
  VolumesFrom?: string[] | null
  Links?: string[] | null
  NetworkMode?: string
  PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null
  PublishAllPorts?: boolean
  RestartPolicy?: { Name?: string; MaximumRetryCount?: number }
  AutoRemove?: boolean
  Memory?: number
  MemorySwap?: number
  MemoryReservation?: number
  NanoCpus?: number
  CpuShares?: number
  CpuPeriod?: number
  CpuQuota?: number
  CpusetCpus?: string
  CpusetMems?: string
  PidsLimit?: number | null
  BlkioWeight?: number
  CapAdd?: string[] | null
  CapDrop?: string[] | null
  Privileged?: boolean
  ReadonlyRootfs?: boolean
  Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions?: string }[] | null
  DeviceCgroupRules?: string[] | null
  DeviceRequests?: unknown[] | null
  Dns?: string[] | null
  DnsSearch?: string[] | null
  DnsOptions?: string[] | null
  ExtraHosts?: string[] | null
  GroupAdd?: string[] | null
  LogConfig?: { Type?: string; Config?: Record<string, string> | null }
  Init?: boolean | null
  ShmSize?: number
  Ulimits?: { Name: string; Soft: number; Hard: number }[] | null
  Sysctls?: Record<string, string> | null
  SecurityOpt?: string[] | null
  MaskedPaths?: string[] | null
  PidMode?: string
  IpcMode?: string
  UTSMode?: string
  UsernsMode?: string
  CgroupnsMode?: string
  CgroupParent?: string
  OomScoreAdj?: number
  OomKillDisable?: boolean | null
  Runtime?: string
  Annotations?: Record<string, string> | null
}

/** What the engine does when it is told nothing (of GET /info). */
export interface EngineDefaults {
  logDriver?: string
  runtime?: string
  /** `host` on a machine with cgroup v1. */
  cgroupns?: string
}

export interface NetworkSetting {
  name: string
  aliases: string[]
  ipv4?: string
  ipv6?: string
}

export interface Settings {
  name: string
  image: string
  /** Undefined: the image's. */
  entrypoint?: string[]
  command?: string[]
  environment: string[]
  /** Variables of the image that the container was not given. */
  missing: string[]
  labels: [string, string][]
  exposed: string[]
  anonymous: string[]
  workingDirectory?: string
  user?: string
  hostname?: string
  domainname?: string
  stopSignal?: string
  stopTimeout?: number
  health?: Health | 'none'
  tty: boolean
  stdin: boolean
  mac?: string
  /** `host`, `none`, `container:…`; undefined when it is on networks or the default one. */
  networkMode?: string
  networks: NetworkSetting[]
  logs?: { driver: string; options: [string, string][] }
  runtime?: string
  cgroupns?: string
  unmasked: boolean
  host: WireHost
}

const same = (one: unknown, other: unknown) => JSON.stringify(one ?? []) === JSON.stringify(other ?? [])
const differs = <Value>(own: Value | undefined | null, image: Value | undefined | null): Value | undefined => (own && own !== image ? own : undefined)

export function readSettings(wire: WireSettings, image: ImageConfig, defaults: EngineDefaults = {}): Settings {
  const { Config: config, HostConfig: host } = wire
  const imageLabels = image.Labels ?? {}
  return defined({
    name: wire.Name.replace(/^\//, ''),
    image: config.Image,
    ...programOf(config, image),
    environment: (config.Env ?? []).filter((pair) => !(image.Env ?? []).includes(pair)),
    missing: (image.Env ?? []).map(nameOf).filter((name) => !(config.Env ?? []).some((pair) => nameOf(pair) === name)),
    labels: Object.entries(config.Labels ?? {}).filter(([key, value]) => imageLabels[key] !== value && !key.startsWith('com.docker.compose.')),
    exposed: Object.keys(config.ExposedPorts ?? {}).filter((port) => !image.ExposedPorts?.[port] && !host.PortBindings?.[port]),
    anonymous: Object.keys(config.Volumes ?? {}).filter((path) => !image.Volumes?.[path]),
    workingDirectory: differs(config.WorkingDir, image.WorkingDir),
    user: differs(config.User, image.User),
    hostname: ownHostname(wire),
    domainname: config.Domainname || undefined,
    stopSignal: differs(config.StopSignal, image.StopSignal),
    stopTimeout: config.StopTimeout ?? undefined,
    health: healthOf(config.Healthcheck, image.Healthcheck),
    tty: config.Tty ?? false,
    stdin: config.OpenStdin ?? false,
    mac: config.MacAddress || undefined,
    networkMode: /^(host|none|container:.*)$/.test(host.NetworkMode ?? '') ? host.NetworkMode : undefined,
    networks: networksOf(wire),
    logs: logsOf(host, defaults),
    runtime: differs(host.Runtime, defaults.runtime ?? host.Runtime),
    cgroupns: differs(host.CgroupnsMode, defaults.cgroupns ?? 'private'),
    unmasked: !host.Privileged && host.MaskedPaths?.length === 0,
    host,
  })
}

/** An entrypoint of its own takes the image's command away, so the command is said with it. */
function programOf(config: ImageConfig, image: ImageConfig): Pick<Settings, 'entrypoint' | 'command'> {
  const command = config.Cmd ?? []
  if (!same(config.Entrypoint, image.Entrypoint)) return { entrypoint: config.Entrypoint ?? [], command }
  if (same(config.Cmd, image.Cmd)) return {}
  // Nothing at all cannot be said without saying the entrypoint again.
  return command.length === 0 ? { entrypoint: config.Entrypoint ?? [], command } : { command }
}

/** The engine's own choice is the first twelve digits of the id; on the host's network it is the host's name. */
function ownHostname({ Id, Config, HostConfig }: WireSettings): string | undefined {
  const shared = /^(host|container:.*)$/.test(HostConfig.NetworkMode ?? '') || HostConfig.UTSMode === 'host'
  return shared || Config.Hostname === Id.slice(0, 12) ? undefined : Config.Hostname || undefined
}

function healthOf(own: Health | null | undefined, image: Health | null | undefined): Settings['health'] {
  if (!own?.Test?.length || JSON.stringify(own) === JSON.stringify(image)) return undefined
  return own.Test[0] === 'NONE' ? 'none' : own
}

function networksOf({ Id, HostConfig, NetworkSettings }: WireSettings): NetworkSetting[] {
  const mode = HostConfig.NetworkMode ?? 'default'
  if (/^(host|none|container:.*)$/.test(mode)) return []
  const first = mode === 'default' ? 'bridge' : mode
  const entries = Object.entries(NetworkSettings?.Networks ?? {}).sort(([one], [other]) => Number(other === first) - Number(one === first))
  const settings = entries.map(([name, endpoint]) =>
    defined({ name, aliases: (endpoint?.Aliases ?? []).filter((alias) => alias !== Id.slice(0, 12)), ipv4: endpoint?.IPAMConfig?.IPv4Address || undefined, ipv6: endpoint?.IPAMConfig?.IPv6Address || undefined }),
  )
  const [only] = settings
  return settings.length === 1 && only?.name === 'bridge' && !only.ipv4 && !only.ipv6 ? [] : settings
}

function logsOf({ LogConfig }: WireHost, { logDriver = 'json-file' }: EngineDefaults): Settings['logs'] {
  const options = Object.entries(LogConfig?.Config ?? {})
  const driver = LogConfig?.Type || logDriver
  return driver === logDriver && options.length === 0 ? undefined : { driver, options }
}

const nameOf = (pair: string) => pair.split('=', 1)[0] ?? pair
type Defined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> } & object
const defined = <Value extends object>(value: Value) => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<Value>

/** Memory swap that follows from the memory alone: twice as much in all. */
export const swapOf = ({ Memory = 0, MemorySwap = 0 }: WireHost): number | undefined => (MemorySwap !== 0 && MemorySwap !== Memory * 2 ? MemorySwap : undefined)

/** Nanoseconds as Go writes a duration. */
export function durationOf(nanoseconds: number): string {
  if (nanoseconds % 1e9 === 0) return `${nanoseconds / 1e9}s`
  return nanoseconds % 1e6 === 0 ? `${nanoseconds / 1e6}ms` : `${nanoseconds}ns`
}

export const defaultShmSize = 67_108_864

/** What neither form can say. */
export function commonRemarks({ missing, host }: Settings): string[] {
  return [
    ...(missing.length > 0 ? [`The image sets ${missing.join(', ')}; the container was made without.`] : []),
    ...(host.DeviceRequests?.length ? ['It was given GPUs or other devices by request; add them yourself.'] : []),
  ]
}
