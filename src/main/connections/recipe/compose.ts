import { stringify } from 'yaml'
import type { Recipe } from '#shared/contract/containers.ts'
import { commonRemarks, defaultShmSize, durationOf, swapOf, type Settings, type WireHost, type WireMountSpec } from './settings.ts'

/** The container as a compose file of one service. Its networks and named volumes are there already, so they are `external`. */
export function composeFile(settings: Settings): Recipe {
  const key = settings.name.toLowerCase().replace(/[^a-z0-9._-]/g, '-')
  const { volumes, named } = volumesOf(settings)
  const networks = settings.networks.filter(({ name }) => name !== 'bridge')
  const file = {
    services: { [key]: withoutNothing({ ...serviceOf(settings), volumes }) },
    ...(networks.length > 0 && { networks: Object.fromEntries(networks.map(({ name }) => [name, { external: true }])) }),
    ...(named.length > 0 && { volumes: Object.fromEntries(named.map((name) => [name, { external: true }])) }),
  }
  return { text: stringify(escaped(file), { lineWidth: 0, aliasDuplicateObjects: false }), remarks: [...commonRemarks(settings), ...remarksOf(settings)] }
}

function remarksOf({ host, networks }: Settings): string[] {
  return [
    ...(host.AutoRemove ? ['It was made with --rm; compose has no such setting.'] : []),
    ...(host.VolumesFrom?.length ? [`It takes the volumes of ${host.VolumesFrom.join(', ')}.`] : []),
    ...(host.PublishAllPorts ? ['It was made with -P; compose cannot publish every exposed port.'] : []),
    ...(networks.length > 1 && networks.some(({ name }) => name === 'bridge') ? ['It is also on the default bridge, which compose joins only by itself.'] : []),
  ]
}

/** In the order that people write. */
function serviceOf(settings: Settings): Record<string, unknown> {
  const { host } = settings
  const { Name = 'no', MaximumRetryCount = 0 } = host.RestartPolicy ?? {}
  return {
    image: settings.image,
    container_name: settings.name,
    hostname: settings.hostname,
    domainname: settings.domainname,
    entrypoint: settings.entrypoint,
    command: settings.command,
    user: settings.user,
    group_add: host.GroupAdd,
    working_dir: settings.workingDirectory,
    environment: settings.environment,
    labels: Object.fromEntries(settings.labels),
    annotations: host.Annotations,
    tty: settings.tty,
    stdin_open: settings.stdin,
    restart: Name === 'no' ? undefined : MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name,
    ports: portsOf(host.PortBindings ?? {}),
    expose: settings.exposed,
    ...networksOf(settings),
    mac_address: settings.mac,
    dns: host.Dns,
    dns_search: host.DnsSearch,
    dns_opt: host.DnsOptions,
    extra_hosts: host.ExtraHosts,
    tmpfs: Object.entries(host.Tmpfs ?? {}).map(([path, options]) => (options ? `${path}:${options}` : path)),
    ...limitsOf(host),
    ...rightsOf(settings),
    init: host.Init,
    stop_signal: settings.stopSignal,
    stop_grace_period: settings.stopTimeout === undefined ? undefined : `${settings.stopTimeout}s`,
    logging: settings.logs && { driver: settings.logs.driver, ...(settings.logs.options.length > 0 && { options: Object.fromEntries(settings.logs.options) }) },
    healthcheck: healthOf(settings.health),
  }
}

const limitsOf = (host: WireHost) => ({
  mem_limit: host.Memory || undefined,
  memswap_limit: swapOf(host),
  mem_reservation: host.MemoryReservation || undefined,
  cpus: (host.NanoCpus ?? 0) / 1e9 || undefined,
  cpu_shares: host.CpuShares || undefined,
  cpu_period: host.CpuPeriod || undefined,
  cpu_quota: host.CpuQuota || undefined,
  cpuset: host.CpusetCpus || undefined,
  pids_limit: (host.PidsLimit ?? 0) > 0 ? host.PidsLimit : undefined,
  blkio_config: host.BlkioWeight ? { weight: host.BlkioWeight } : undefined,
  shm_size: host.ShmSize === defaultShmSize ? undefined : host.ShmSize || undefined,
  ulimits: Object.fromEntries((host.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, Soft === Hard ? Soft : { soft: Soft, hard: Hard }])),
  oom_score_adj: host.OomScoreAdj || undefined,
  oom_kill_disable: host.OomKillDisable,
})

const rightsOf = ({ host, unmasked, cgroupns, runtime }: Settings) => ({
  privileged: host.Privileged,
  read_only: host.ReadonlyRootfs,
  cap_add: host.CapAdd,
  cap_drop: host.CapDrop,
  security_opt: [...(host.SecurityOpt ?? []).filter((option) => !host.Privileged || option !== 'label=disable'), ...(unmasked ? ['systempaths=unconfined'] : [])],
  devices: (host.Devices ?? []).map(({ PathOnHost, PathInContainer, CgroupPermissions = 'rwm' }) => `${PathOnHost}:${PathInContainer}:${CgroupPermissions}`),
  device_cgroup_rules: host.DeviceCgroupRules,
  sysctls: host.Sysctls,
  pid: host.PidMode || undefined,
  ipc: /^(private|shareable)?$/.test(host.IpcMode ?? '') ? undefined : host.IpcMode,
  uts: host.UTSMode || undefined,
  userns_mode: host.UsernsMode || undefined,
  cgroup: cgroupns,
  cgroup_parent: host.CgroupParent || undefined,
  runtime,
})

const portsOf = (bindings: NonNullable<WireHost['PortBindings']>): string[] =>
  Object.entries(bindings).flatMap(([key, places]) => {
    const [port = '', protocol] = key.split('/')
    const inside = protocol === undefined || protocol === 'tcp' ? port : key
    return (places ?? []).map(({ HostIp: ip = '', HostPort: host = '' }) => (ip !== '' ? `${ip.includes(':') ? `[${ip}]` : ip}:${host}:${inside}` : host !== '' ? `${host}:${inside}` : inside))
  })

/** Without a word about networks compose would make one of its own. */
function networksOf({ networks, networkMode }: Settings): object {
  const own = networks.filter(({ name }) => name !== 'bridge')
  if (networkMode || own.length === 0) return { network_mode: networkMode ?? 'bridge' }
  return { networks: Object.fromEntries(own.map(({ name, aliases, ipv4, ipv6 }) => [name, withoutNothing({ aliases, ipv4_address: ipv4, ipv6_address: ipv6 })])) }
}

function volumesOf({ host, anonymous }: Settings): { volumes: unknown[]; named: string[] } {
  const binds = (host.Binds ?? []).map((bind) => bind)
  const sources = [...binds.map((bind) => bind.split(':')[0] ?? ''), ...(host.Mounts ?? []).filter(({ Type }) => Type === 'volume').map(({ Source = '' }) => Source)]
  return { volumes: [...binds, ...(host.Mounts ?? []).map(mountOf), ...anonymous], named: [...new Set(sources.filter((source) => /^[A-Za-z0-9][\w.-]*$/.test(source)))] }
}

const mountOf = ({ Type, Source, Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions }: WireMountSpec): object =>
  withoutNothing({
    type: Type,
    source: Source || undefined,
    target: Target,
    read_only: ReadOnly,
    bind: BindOptions?.Propagation && BindOptions.Propagation !== 'rprivate' ? { propagation: BindOptions.Propagation } : undefined,
    volume: VolumeOptions?.NoCopy || VolumeOptions?.Subpath ? withoutNothing({ nocopy: VolumeOptions.NoCopy, subpath: VolumeOptions.Subpath || undefined }) : undefined,
    tmpfs: TmpfsOptions ? withoutNothing({ size: TmpfsOptions.SizeBytes, mode: TmpfsOptions.Mode }) : undefined,
  })

function healthOf(health: Settings['health']): object | undefined {
  if (!health) return undefined
  if (health === 'none') return { disable: true }
  const time = (value: number | undefined) => (value ? durationOf(value) : undefined)
  return withoutNothing({ test: health.Test, interval: time(health.Interval), timeout: time(health.Timeout), start_period: time(health.StartPeriod), start_interval: time(health.StartInterval), retries: health.Retries || undefined })
}

/** Empty lists, false and nothing are what compose takes to be the case anyway. An empty entrypoint or command is a statement. */
function withoutNothing(service: Record<string, unknown>): Record<string, unknown> {
  const says = ([key, value]: [string, unknown]) => {
    if (key === 'entrypoint' || key === 'command') return Array.isArray(value)
    return value !== undefined && value !== null && value !== false && (typeof value !== 'object' || Object.keys(value).length > 0)
  }
  return Object.fromEntries(Object.entries(service).filter((entry) => says(entry)))
}

/** A dollar begins a variable in a compose file; two are one. Keys are not looked at by compose. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$')
  if (Array.isArray(value)) return value.map(escaped)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)])) : value
}
