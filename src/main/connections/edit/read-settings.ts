import { createHash } from 'node:crypto'
import type { ContainerSettings, HealthCheck, NetworkJoin } from '#shared/contract/container-settings.ts'
import type { MountRequest, PortMapping, Protocol, RestartPolicy } from '#shared/contract/containers.ts'
import type { WireBindings, WireEndpoint, WireHealthcheck, WireHostConfig, WireInspect } from '../wire/inspect.ts'

const SECOND = 1e9

/** The container as its settings: what was asked for, not what was made of it. */
export function readSettings(wire: WireInspect): ContainerSettings {
  const { Config: config, HostConfig: host } = wire
  return {
    name: wire.Name.replace(/^\//, ''),
    image: config.Image,
    command: config.Cmd ?? [],
    entrypoint: config.Entrypoint ?? [],
    environment: ownEnvironment(wire),
    workingDirectory: config.WorkingDir ?? '',
    user: config.User ?? '',
    hostname: ownHostname(wire) ?? '',
    tty: config.Tty ?? false,
    interactive: config.OpenStdin ?? false,
    ports: readPorts(host.PortBindings ?? {}),
    publishAll: host.PublishAllPorts ?? false,
    mounts: readMounts(wire),
    ...(specialMode(host.NetworkMode) && { networkMode: host.NetworkMode }),
    networks: specialMode(host.NetworkMode) ? [] : readJoins(wire),
    restart: readRestart(host),
    limits: { ...(host.Memory && { memoryBytes: host.Memory }), ...(host.NanoCpus && { cpus: host.NanoCpus / SECOND }), ...(host.PidsLimit && host.PidsLimit > 0 && { pids: host.PidsLimit }) },
    labels: config.Labels ?? {},
    ...readFurther(wire),
  }
}

/** Of everything an edit goes by; what merely happens to the container (its state, its addresses of the day) is left out. */
export const revisionOf = (wire: WireInspect): string =>
  createHash('sha256').update(JSON.stringify([wire.Id, wire.Config, wire.HostConfig, { ...readSettings(wire), networks: readJoins(wire).map((join) => ({ ...join, mac: undefined })) }])).digest('hex').slice(0, 32)

export const specialMode = (mode = ''): boolean => mode === 'host' || mode === 'none' || mode.startsWith('container:')

/** Docker names a container's host after its id unless told otherwise; a successor has an id of its own. */
export const ownHostname = ({ Id, Config }: WireInspect): string | undefined => (Config.Hostname && Config.Hostname !== Id.slice(0, 12) ? Config.Hostname : undefined)

/** Podman writes that name among the variables as well. */
export const ownEnvironment = ({ Id, Config }: WireInspect): string[] => (Config.Env ?? []).filter((line) => line !== `HOSTNAME=${Id.slice(0, 12)}`)

function readFurther({ Config: config, HostConfig: host }: WireInspect) {
  const some = <Item>(list: Item[] | null | undefined) => (list?.length ? list : undefined)
  const table = (values: Record<string, string> | null | undefined) => (values && Object.keys(values).length > 0 ? values : undefined)
  return defined({
    capabilitiesAdded: some(host.CapAdd),
    capabilitiesDropped: some(host.CapDrop),
    privileged: host.Privileged || undefined,
    readOnlyRoot: host.ReadonlyRootfs || undefined,
    init: host.Init ?? undefined,
    devices: some(host.Devices?.map((each) => ({ host: each.PathOnHost, container: each.PathInContainer, permissions: each.CgroupPermissions }))),
    dnsServers: some(host.Dns),
    dnsSearch: some(host.DnsSearch),
    extraHosts: some(host.ExtraHosts),
    logging: host.LogConfig?.Type ? { driver: host.LogConfig.Type, options: host.LogConfig.Config ?? {} } : undefined,
    healthCheck: readHealthCheck(config.Healthcheck),
    stopSignal: config.StopSignal || undefined,
    stopSeconds: config.StopTimeout ?? undefined,
    shmBytes: host.ShmSize || undefined,
    sysctls: table(host.Sysctls),
    ulimits: some(host.Ulimits?.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`)),
    groups: some(host.GroupAdd),
    securityOptions: some(host.SecurityOpt),
  })
}

function readHealthCheck(check: WireHealthcheck | null | undefined): HealthCheck | undefined {
  if (!check?.Test?.length) return undefined
  if (check.Test[0] === 'NONE') return { kind: 'none' }
  const seconds = (nano: number | undefined) => (nano ? nano / SECOND : undefined)
  return defined({ kind: 'command' as const, test: check.Test, interval: seconds(check.Interval), timeout: seconds(check.Timeout), startPeriod: seconds(check.StartPeriod), retries: check.Retries || undefined })
}

function readRestart({ RestartPolicy: policy }: WireHostConfig): RestartPolicy {
  const name = (policy?.Name || 'no') as RestartPolicy['policy']
  return { policy: name, ...(policy?.MaximumRetryCount && { maximumRetries: policy.MaximumRetryCount }) }
}

const readPorts = (bindings: WireBindings): PortMapping[] =>
  Object.entries(bindings).flatMap(([key, hosts]) => {
    const [port = '0', protocol = 'tcp'] = key.split('/')
    const inside = { containerPort: Number(port), protocol: protocol as Protocol }
    return (hosts ?? []).map(({ HostIp, HostPort }): PortMapping => ({ ...inside, ...(HostIp && { hostIp: HostIp }), ...(HostPort && HostPort !== '0' && { hostPort: Number(HostPort) }) }))
  })

/** What is mounted where, anonymous volumes by the name they were given. Mounts of another container (volumes-from) are that one's to edit. */
function readMounts({ Mounts, HostConfig: host }: WireInspect): MountRequest[] {
  const borrowed = (host.VolumesFrom?.length ?? 0) > 0
  const asked = new Set([...(host.Binds ?? []).map(bindTarget), ...(host.Mounts ?? []).map(({ Target }) => Target)])
  const points = (Mounts ?? []).filter(({ Destination }) => !borrowed || asked.has(Destination)).flatMap((point): MountRequest[] => {
    const readOnly = point.RW === false && { readOnly: true }
    if (point.Type === 'bind' && point.Source) return [{ kind: 'bind', source: point.Source, target: point.Destination, ...readOnly }]
    if (point.Type === 'volume' && point.Name) return [{ kind: 'volume', source: point.Name, target: point.Destination, ...readOnly }]
    return []
  })
  const memory = [...Object.keys(host.Tmpfs ?? {}), ...(host.Mounts ?? []).filter(({ Type }) => Type === 'tmpfs').map(({ Target }) => Target)]
  return [...points.toSorted((a, b) => (a.target < b.target ? -1 : 1)), ...memory.map((target): MountRequest => ({ kind: 'tmpfs', target }))]
}

/** `source:target[:options]` */
export const bindTarget = (bind: string): string => bind.split(':')[1] ?? bind

/** The network it was made on comes first. */
function readJoins(wire: WireInspect): NetworkJoin[] {
  const networks = Object.entries(wire.NetworkSettings?.Networks ?? {})
  const first = primaryNetwork(wire)
  return networks.toSorted(([a], [b]) => Number(b === first) - Number(a === first) || (a < b ? -1 : 1)).map(([network, endpoint]) => ({ network, ...readJoin(endpoint ?? {}, wire.Id) }))
}

export function primaryNetwork({ HostConfig, NetworkSettings }: WireInspect): string | undefined {
  const names = Object.keys(NetworkSettings?.Networks ?? {})
  const mode = HostConfig.NetworkMode === 'default' || !HostConfig.NetworkMode ? 'bridge' : HostConfig.NetworkMode
  return names.includes(mode) ? mode : names[0]
}

/** What was asked for; Docker before 25 adds the container's own id to the aliases, and derives the MAC from the address. */
function readJoin({ Aliases, IPAMConfig, MacAddress, IPAddress, DriverOpts, GwPriority }: WireEndpoint, id: string): Omit<NetworkJoin, 'network'> {
  const aliases = (Aliases ?? []).filter((alias) => alias !== id.slice(0, 12))
  return defined({
    aliases: aliases.length > 0 ? aliases : undefined,
    ipv4: IPAMConfig?.IPv4Address || undefined,
    ipv6: IPAMConfig?.IPv6Address || undefined,
    mac: MacAddress && MacAddress !== derivedMac(IPAddress) ? MacAddress : undefined,
    driverOptions: DriverOpts && Object.keys(DriverOpts).length > 0 ? DriverOpts : undefined,
    gatewayPriority: GwPriority || undefined,
  })
}
const derivedMac = (address = '') => `02:42:${address.split('.').map((part) => Number(part).toString(16).padStart(2, '0')).join(':')}`

const defined = <Value extends object>(value: Value): Value => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value
