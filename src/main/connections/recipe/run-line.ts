import type { Recipe } from '#shared/contract/containers.ts'
import { commonRemarks, defaultShmSize, durationOf, swapOf, type Health, type NetworkSetting, type Settings, type WireHost, type WireMountSpec } from './settings.ts'

/** One option and what it is given: they stay on one line. */
type Option = string[]

/** The container as a line to paste into a shell: `docker run -d …`. */
export function runLine(settings: Settings): Recipe {
  const words = runWords(settings)
  const lines = words.map((option) => option.map(quoted).join(' '))
  const text = lines.join(' ').length <= 100 ? lines.join(' ') : lines.join(' \\\n  ')
  return { text, remarks: [...commonRemarks(settings), ...(isExec(settings.health) ? ['The health check runs a program without a shell; the line runs it through one.'] : [])] }
}

/** The same, not yet quoted. */
export function runWords(settings: Settings): Option[] {
  const { entrypoint, command = [], image } = settings
  const program = entrypoint === undefined ? command : [...entrypoint.slice(1), ...command]
  return [['docker', 'run', '-d'], ...identity(settings), ...networking(settings), ...storage(settings), ...limits(settings.host), ...rights(settings), ...conduct(settings), ...(entrypoint === undefined ? [] : [['--entrypoint', entrypoint[0] ?? '']]), [image, ...program]]
}

const each = (flag: string, values: readonly string[] | null | undefined): Option[] => (values ?? []).map((value) => [flag, value])
const given = (flag: string, value: string | number | undefined | null | false): Option[] => (value === undefined || value === null || value === '' || value === 0 || value === false ? [] : [[flag, String(value)]])
const flag = (name: string, on: boolean | null | undefined): Option[] => (on ? [[name]] : [])
const pairs = (name: string, entries: readonly (readonly [string, string])[]): Option[] => entries.map(([key, value]) => [name, `${key}=${value}`])

const identity = (settings: Settings): Option[] => [
  ...given('--name', settings.name),
  ...given('--hostname', settings.hostname),
  ...given('--domainname', settings.domainname),
  ...flag('--tty', settings.tty),
  ...flag('--interactive', settings.stdin),
  ...flag('--rm', settings.host.AutoRemove),
  ...given('--user', settings.user),
  ...each('--group-add', settings.host.GroupAdd),
  ...given('--workdir', settings.workingDirectory),
  ...each('--env', settings.environment),
  ...pairs('--label', settings.labels),
  ...pairs('--annotation', Object.entries(settings.host.Annotations ?? {})),
]

const networking = ({ host, networks, networkMode, mac, exposed }: Settings): Option[] => [
  ...(networkMode ? [['--network', networkMode]] : networkOptions(networks)),
  ...given('--mac-address', mac),
  ...flag('--publish-all', host.PublishAllPorts),
  ...portOptions(host.PortBindings ?? {}),
  ...each('--expose', exposed),
  ...each('--dns', host.Dns),
  ...each('--dns-search', host.DnsSearch),
  ...each('--dns-option', host.DnsOptions),
  ...each('--add-host', host.ExtraHosts),
]

function networkOptions(networks: readonly NetworkSetting[]): Option[] {
  const [only] = networks
  if (only && networks.length === 1) return [['--network', only.name], ...each('--network-alias', only.aliases), ...given('--ip', only.ipv4), ...given('--ip6', only.ipv6)]
  return networks.map(({ name, aliases, ipv4, ipv6 }) => ['--network', [`name=${name}`, ...aliases.map((alias) => `alias=${alias}`), ...(ipv4 ? [`ip=${ipv4}`] : []), ...(ipv6 ? [`ip6=${ipv6}`] : [])].join(',')])
}

const portOptions = (bindings: NonNullable<WireHost['PortBindings']>): Option[] =>
  Object.entries(bindings).flatMap(([key, places]) => {
    const [port = '', protocol] = key.split('/')
    const inside = protocol === undefined || protocol === 'tcp' ? port : key
    return (places ?? []).map(({ HostIp: ip = '', HostPort: host = '' }) => ['--publish', ip !== '' ? `${ip.includes(':') ? `[${ip}]` : ip}:${host}:${inside}` : host !== '' ? `${host}:${inside}` : inside])
  })

const storage = ({ host, anonymous }: Settings): Option[] => [
  ...each('--volume', host.Binds),
  ...(host.Mounts ?? []).map((mount) => ['--mount', mountText(mount)]),
  ...each('--volume', anonymous),
  ...Object.entries(host.Tmpfs ?? {}).map(([path, options]) => ['--tmpfs', options ? `${path}:${options}` : path]),
  ...each('--volumes-from', host.VolumesFrom),
  ...given('--shm-size', host.ShmSize !== defaultShmSize && host.ShmSize),
  ...flag('--read-only', host.ReadonlyRootfs),
]

/** `--mount` is read as one line of CSV. */
function mountText({ Type, Source, Target, ReadOnly, BindOptions, VolumeOptions, TmpfsOptions }: WireMountSpec): string {
  const driver = VolumeOptions?.DriverConfig
  return [
    `type=${Type}`,
    Source && `source=${Source}`,
    `target=${Target}`,
    ReadOnly && 'readonly',
    BindOptions?.Propagation && BindOptions.Propagation !== 'rprivate' && `bind-propagation=${BindOptions.Propagation}`,
    BindOptions?.NonRecursive && 'bind-recursive=disabled',
    VolumeOptions?.NoCopy && 'volume-nocopy',
    VolumeOptions?.Subpath && `volume-subpath=${VolumeOptions.Subpath}`,
    driver?.Name && `volume-driver=${driver.Name}`,
    ...Object.entries(driver?.Options ?? {}).map(([key, value]) => `volume-opt=${key}=${value}`),
    ...Object.entries(VolumeOptions?.Labels ?? {}).map(([key, value]) => `volume-label=${key}=${value}`),
    TmpfsOptions?.SizeBytes && `tmpfs-size=${TmpfsOptions.SizeBytes}`,
    TmpfsOptions?.Mode && `tmpfs-mode=${TmpfsOptions.Mode.toString(8)}`,
  ]
    .filter((part): part is string => typeof part === 'string' && part !== '')
    .map((part) => (/[",\n]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part))
    .join(',')
}

const limits = (host: WireHost): Option[] => [
  ...given('--memory', host.Memory),
  ...given('--memory-swap', swapOf(host)),
  ...given('--memory-reservation', host.MemoryReservation),
  ...given('--cpus', (host.NanoCpus ?? 0) / 1e9),
  ...given('--cpu-shares', host.CpuShares),
  ...given('--cpu-period', host.CpuPeriod),
  ...given('--cpu-quota', host.CpuQuota),
  ...given('--cpuset-cpus', host.CpusetCpus),
  ...given('--cpuset-mems', host.CpusetMems),
  ...given('--pids-limit', (host.PidsLimit ?? 0) > 0 && host.PidsLimit),
  ...given('--blkio-weight', host.BlkioWeight),
  ...(host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ['--ulimit', Soft === Hard ? `${Name}=${Soft}` : `${Name}=${Soft}:${Hard}`]),
  ...given('--oom-score-adj', host.OomScoreAdj),
  ...flag('--oom-kill-disable', host.OomKillDisable),
]

const rights = ({ host, unmasked, cgroupns, runtime }: Settings): Option[] => [
  ...flag('--privileged', host.Privileged),
  ...each('--cap-add', host.CapAdd),
  ...each('--cap-drop', host.CapDrop),
  ...each('--security-opt', [...(host.Privileged ? (host.SecurityOpt ?? []).filter((option) => option !== 'label=disable') : (host.SecurityOpt ?? [])), ...(unmasked ? ['systempaths=unconfined'] : [])]),
  ...(host.Devices ?? []).map(({ PathOnHost, PathInContainer, CgroupPermissions = 'rwm' }) => ['--device', CgroupPermissions !== 'rwm' ? `${PathOnHost}:${PathInContainer}:${CgroupPermissions}` : PathOnHost === PathInContainer ? PathOnHost : `${PathOnHost}:${PathInContainer}`]),
  ...each('--device-cgroup-rule', host.DeviceCgroupRules),
  ...pairs('--sysctl', Object.entries(host.Sysctls ?? {})),
  ...given('--pid', host.PidMode),
  ...given('--ipc', !/^(private|shareable)?$/.test(host.IpcMode ?? '') && host.IpcMode),
  ...given('--uts', host.UTSMode),
  ...given('--userns', host.UsernsMode),
  ...given('--cgroupns', cgroupns),
  ...given('--cgroup-parent', host.CgroupParent),
  ...given('--runtime', runtime),
]

const conduct = ({ host, logs, health, stopSignal, stopTimeout }: Settings): Option[] => {
  const { Name = 'no', MaximumRetryCount = 0 } = host.RestartPolicy ?? {}
  return [
    ...given('--restart', Name !== 'no' && (MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name)),
    ...flag('--init', host.Init),
    ...given('--stop-signal', stopSignal),
    ...(stopTimeout === undefined ? [] : [['--stop-timeout', String(stopTimeout)]]),
    ...(logs ? [['--log-driver', logs.driver], ...pairs('--log-opt', logs.options)] : []),
    ...healthOptions(health),
  ]
}

const isExec = (health: Settings['health']): health is Health => typeof health === 'object' && health.Test?.[0] === 'CMD'

function healthOptions(health: Settings['health']): Option[] {
  if (!health) return []
  if (health === 'none') return [['--no-healthcheck']]
  const [kind, ...words] = health.Test ?? []
  const time = (name: string, value: number | undefined) => given(name, value && durationOf(value))
  return [
    ['--health-cmd', kind === 'CMD' ? words.map(quoted).join(' ') : (words[0] ?? '')],
    ...time('--health-interval', health.Interval),
    ...time('--health-timeout', health.Timeout),
    ...time('--health-start-period', health.StartPeriod),
    ...time('--health-start-interval', health.StartInterval),
    ...given('--health-retries', health.Retries),
  ]
}

/** For a POSIX shell: nothing in it is expanded. */
export const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
