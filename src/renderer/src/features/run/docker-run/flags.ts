import type { HealthCheck, NetworkJoin } from '#shared/contract/container-settings.ts'
import type { RestartPolicy, RunRequest } from '#shared/contract/containers.ts'
import { readMount, readVolume } from './mounts.ts'
import { readPorts } from './ports.ts'
import { readSeconds, readSize } from './sizes.ts'

type Health = Omit<Extract<HealthCheck, { kind: 'command' }>, 'kind' | 'test'>
/** A request under way; what belongs together only at the end is kept beside it. */
export interface Draft {
  request: RunRequest
  leftOut: string[]
  health: Health & { test?: string; none?: boolean }
  join: Omit<NetworkJoin, 'network'>
}
export interface Flag {
  takes: 'value' | 'nothing'
  /** Without it the form has no place for the flag. */
  apply?: (draft: Draft, value: string) => void | 'bad'
  /** It would change nothing here, such as `--detach`. */
  harmless?: boolean
}

const isTrue = (value: string) => /^(?:true|1|t)$/i.test(value)
type TextKey = 'name' | 'user' | 'hostname' | 'workingDirectory' | 'stopSignal' | 'platform'
type ListKey = 'capabilitiesAdded' | 'capabilitiesDropped' | 'dnsServers' | 'dnsSearch' | 'extraHosts' | 'groups' | 'securityOptions' | 'ulimits' | 'environment'
type TruthKey = 'tty' | 'interactive' | 'autoRemove' | 'privileged' | 'readOnlyRoot' | 'init' | 'publishAll'

const text = (key: TextKey): Flag => ({ takes: 'value', apply: ({ request }, value) => void (request[key] = value) })
const list = (key: ListKey): Flag => ({ takes: 'value', apply: ({ request }, value) => void (request[key] = [...(request[key] ?? []), value]) })
const truth = (key: TruthKey): Flag => ({ takes: 'nothing', apply: ({ request }, value) => void (isTrue(value) ? (request[key] = true) : delete request[key]) })
const table = (add: (request: RunRequest, key: string, value: string) => void): Flag => ({ takes: 'value', apply: ({ request }, value) => add(request, ...pairOf(value)) })
const noPlace: Flag = { takes: 'value' }
const noPlaceSwitch: Flag = { takes: 'nothing' }
const harmless: Flag = { takes: 'value', harmless: true }
const harmlessSwitch: Flag = { takes: 'nothing', harmless: true }

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
const number = (set: (draft: Draft, value: number) => void): Flag => ({ takes: 'value', apply: (draft, value) => (/^-?\d+(?:\.\d+)?$/.test(value) ? set(draft, Number(value)) : 'bad') })
const size = (set: (draft: Draft, bytes: number) => void): Flag => ({ takes: 'value', apply: (draft, value) => put(readSize(value), (bytes) => set(draft, bytes)) })
const duration = (key: keyof Health): Flag => ({ takes: 'value', apply: (draft, value) => put(readSeconds(value), (seconds) => void (draft.health[key] = seconds)) })
const put = (value: number | undefined, set: (value: number) => void): void | 'bad' => (value === undefined ? 'bad' : set(value))

function restart({ request }: Draft, value: string): void | 'bad' {
  const found = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(value)
  if (!found) return 'bad'
  request.restart = { policy: found[1] as RestartPolicy['policy'], ...(found[2] && { maximumRetries: Number(found[2]) }) }
}

/** `name`, or `name=…,alias=…,ip=…`. */
function network({ request, join }: Draft, value: string): void {
  const parts = value.includes('=') ? value.split(',').map(pairOf) : [['name', value] as [string, string]]
  const own: Draft['join'] = {}
  let name = ''
  for (const [key, word] of parts) {
    if (key === 'name') name = word
    else if (key === 'alias') own.aliases = [...(own.aliases ?? []), word]
    else if (key === 'ip') own.ipv4 = word
    else if (key === 'ip6') own.ipv6 = word
    else if (key === 'mac-address') own.mac = word
  }
  if ((request.networks ?? []).length === 0) Object.assign(join, own)
  if (name !== '' && name !== 'default') request.networks = [...(request.networks ?? []), name]
}

function device({ request }: Draft, value: string): void | 'bad' {
  const [host = '', container = host, permissions = 'rwm'] = value.split(':')
  if (!host.startsWith('/')) return 'bad'
  const own = /^[rwm]+$/.test(container) ? { host, container: host, permissions: container } : { host, container, permissions }
  request.devices = [...(request.devices ?? []), own]
}

const limits = (draft: Draft, change: RunRequest['limits']) => void (draft.request.limits = { ...draft.request.limits, ...change })
const volume: Flag = { takes: 'value', apply: ({ request }, value) => add(request, readVolume(value)) }
function add(request: RunRequest, mount: ReturnType<typeof readVolume>): void | 'bad' {
  if (!mount) return 'bad'
  request.mounts = [...(request.mounts ?? []), mount]
}

const flags: Record<string, Flag> = {
  'add-host': list('extraHosts'),
  annotation: noPlace,
  attach: harmless,
  'blkio-weight': noPlace,
  'blkio-weight-device': noPlace,
  'cap-add': list('capabilitiesAdded'),
  'cap-drop': list('capabilitiesDropped'),
  'cgroup-parent': noPlace,
  cgroupns: noPlace,
  cidfile: harmless,
  'cpu-count': noPlace,
  'cpu-percent': noPlace,
  'cpu-period': noPlace,
  'cpu-quota': noPlace,
  'cpu-rt-period': noPlace,
  'cpu-rt-runtime': noPlace,
  'cpu-shares': noPlace,
  cpus: number((draft, cpus) => limits(draft, { cpus })),
  'cpuset-cpus': noPlace,
  'cpuset-mems': noPlace,
  detach: harmlessSwitch,
  'detach-keys': harmless,
  device: { takes: 'value', apply: device },
  'device-cgroup-rule': noPlace,
  'device-read-bps': noPlace,
  'device-read-iops': noPlace,
  'device-write-bps': noPlace,
  'device-write-iops': noPlace,
  'disable-content-trust': harmlessSwitch,
  dns: list('dnsServers'),
  'dns-opt': noPlace,
  'dns-option': noPlace,
  'dns-search': list('dnsSearch'),
  domainname: noPlace,
  entrypoint: { takes: 'value', apply: ({ request }, value) => void (request.entrypoint = value === '' ? [''] : [value]) },
  env: list('environment'),
  'env-file': noPlace,
  expose: noPlace,
  gpus: noPlace,
  'group-add': list('groups'),
  'health-cmd': { takes: 'value', apply: ({ health }, value) => void (health.test = value) },
  'health-interval': duration('interval'),
  'health-retries': number(({ health }, retries) => void (health.retries = retries)),
  'health-start-interval': noPlace,
  'health-start-period': duration('startPeriod'),
  'health-timeout': duration('timeout'),
  hostname: text('hostname'),
  init: truth('init'),
  interactive: truth('interactive'),
  'io-maxbandwidth': noPlace,
  'io-maxiops': noPlace,
  ip: { takes: 'value', apply: ({ join }, value) => void (join.ipv4 = value) },
  ip6: { takes: 'value', apply: ({ join }, value) => void (join.ipv6 = value) },
  ipc: noPlace,
  isolation: noPlace,
  'kernel-memory': noPlace,
  label: table((request, key, value) => void (request.labels = { ...request.labels, [key]: value })),
  'label-file': noPlace,
  link: noPlace,
  'link-local-ip': noPlace,
  'log-driver': { takes: 'value', apply: ({ request }, driver) => void (request.logging = { options: request.logging?.options ?? {}, driver }) },
  'log-opt': table((request, key, value) => void (request.logging = { driver: request.logging?.driver ?? 'json-file', options: { ...request.logging?.options, [key]: value } })),
  'mac-address': { takes: 'value', apply: ({ join }, value) => void (join.mac = value) },
  memory: size((draft, memoryBytes) => limits(draft, { memoryBytes })),
  'memory-reservation': noPlace,
  'memory-swap': noPlace,
  'memory-swappiness': noPlace,
  mount: { takes: 'value', apply: ({ request }, value) => add(request, readMount(value)) },
  name: text('name'),
  net: { takes: 'value', apply: network },
  network: { takes: 'value', apply: network },
  'net-alias': { takes: 'value', apply: ({ join }, value) => void (join.aliases = [...(join.aliases ?? []), value]) },
  'network-alias': { takes: 'value', apply: ({ join }, value) => void (join.aliases = [...(join.aliases ?? []), value]) },
  'no-healthcheck': { takes: 'nothing', apply: ({ health }, value) => void (health.none = isTrue(value)) },
  'oom-kill-disable': noPlaceSwitch,
  'oom-score-adj': noPlace,
  pid: noPlace,
  'pids-limit': number((draft, pids) => limits(draft, { pids })),
  platform: text('platform'),
  privileged: truth('privileged'),
  publish: { takes: 'value', apply: ({ request }, value) => {
    const ports = readPorts(value)
    if (!ports) return 'bad'
    request.ports = [...(request.ports ?? []), ...ports]
  } },
  'publish-all': truth('publishAll'),
  pull: { takes: 'value', apply: ({ request }, value) => (value === 'always' || value === 'missing' || value === 'never' ? void (request.pull = value) : 'bad') },
  quiet: harmlessSwitch,
  'read-only': truth('readOnlyRoot'),
  restart: { takes: 'value', apply: restart },
  rm: truth('autoRemove'),
  runtime: noPlace,
  'security-opt': list('securityOptions'),
  'shm-size': size(({ request }, bytes) => void (request.shmBytes = bytes)),
  'sig-proxy': harmlessSwitch,
  'stop-signal': text('stopSignal'),
  'stop-timeout': number(({ request }, seconds) => void (request.stopSeconds = seconds)),
  'storage-opt': noPlace,
  sysctl: table((request, key, value) => void (request.sysctls = { ...request.sysctls, [key]: value })),
  tmpfs: { takes: 'value', apply: ({ request }, value) => add(request, { kind: 'tmpfs', target: value.split(':')[0] ?? '' }) },
  tty: truth('tty'),
  ulimit: list('ulimits'),
  'use-api-socket': noPlaceSwitch,
  user: text('user'),
  userns: noPlace,
  uts: noPlace,
  volume,
  'volume-driver': noPlace,
  'volumes-from': noPlace,
  workdir: text('workingDirectory'),
}
const shorts: Record<string, string> = { a: 'attach', c: 'cpu-shares', d: 'detach', e: 'env', h: 'hostname', i: 'interactive', l: 'label', m: 'memory', p: 'publish', P: 'publish-all', q: 'quiet', t: 'tty', u: 'user', v: 'volume', w: 'workdir' }

/** By its long name or its letter. */
export function findFlag(name: string): Flag | undefined {
  const long = name.length === 1 ? shorts[name] : name
  return long !== undefined && Object.hasOwn(flags, long) ? flags[long] : undefined
}
