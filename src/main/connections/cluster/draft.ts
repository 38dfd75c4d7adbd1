import type { HealthCheck } from '#shared/contract/container-settings.ts'
import type { MountRequest } from '#shared/contract/containers.ts'
import { emptyDraft, usualUpdate, type FileUse, type ServiceDraft, type UpdateRules } from '#shared/contract/service-draft.ts'
import type { WireHealthcheck } from '../wire/inspect.ts'
import { readPublished } from './read.ts'
import type { WireFileUse, WireService, WireServiceSpec, WireTaskSpec, WireUpdateConfig } from './wire.ts'

const SECOND = 1e9

/** What the app can say of a service that is there. */
export function draftOf({ Spec }: WireService): ServiceDraft {
  const { Name, Labels, Mode, EndpointSpec, UpdateConfig, TaskTemplate } = Spec
  const { ContainerSpec: container } = TaskTemplate
  return {
    ...emptyDraft(Name, (container?.Image ?? '').split('@')[0] ?? ''),
    ...modeOf(Mode),
    labels: Labels ?? {},
    ports: readPublished(EndpointSpec?.Ports ?? []),
    endpointMode: EndpointSpec?.Mode === 'dnsrr' ? 'dnsrr' : 'vip',
    networks: (TaskTemplate.Networks ?? []).map(({ Target, Aliases }) => ({ network: Target, ...(Aliases?.length && { aliases: Aliases }) })),
    update: rulesOf(UpdateConfig),
    ...placementOf(TaskTemplate),
    ...containerOf(TaskTemplate),
    ...furtherOf(TaskTemplate),
  }
}

const modeOf = (mode: WireServiceSpec['Mode']): Pick<ServiceDraft, 'mode' | 'replicas'> => ({ mode: mode?.Global ? 'global' : 'replicated', replicas: mode?.Replicated?.Replicas ?? 1 })

export const rulesOf = (config: WireUpdateConfig | undefined): UpdateRules =>
  config
    ? { parallelism: config.Parallelism, delay: (config.Delay ?? 0) / SECOND, onFailure: (config.FailureAction || 'pause') as UpdateRules['onFailure'], order: (config.Order || 'stop-first') as UpdateRules['order'] }
    : usualUpdate

function placementOf({ Placement, Resources, RestartPolicy }: WireTaskSpec): Pick<ServiceDraft, 'constraints' | 'spread' | 'mostPerNode' | 'limits' | 'reservations' | 'restart'> {
  const amount = ({ NanoCPUs, MemoryBytes, Pids }: { NanoCPUs?: number; MemoryBytes?: number; Pids?: number } = {}) => ({ ...(NanoCPUs && { cpus: NanoCPUs / 1e9 }), ...(MemoryBytes && { memoryBytes: MemoryBytes }), ...(Pids && { pids: Pids }) })
  const { cpus, memoryBytes } = amount(Resources?.Reservations)
  return {
    constraints: Placement?.Constraints ?? [],
    spread: (Placement?.Preferences ?? []).flatMap(({ Spread }) => Spread?.SpreadDescriptor ?? []),
    mostPerNode: Placement?.MaxReplicas ?? 0,
    limits: amount(Resources?.Limits),
    reservations: { ...(cpus && { cpus }), ...(memoryBytes && { memoryBytes }) },
    restart: { condition: (RestartPolicy?.Condition || 'any') as ServiceDraft['restart']['condition'], ...(RestartPolicy?.MaxAttempts && { attempts: RestartPolicy.MaxAttempts }) },
  }
}

type ContainerPart = Pick<ServiceDraft, 'environment' | 'containerLabels' | 'mounts' | 'secrets' | 'configs'> & Partial<ServiceDraft>
function containerOf({ ContainerSpec: spec }: WireTaskSpec): ContainerPart {
  return {
    ...(spec?.Command?.length && { entrypoint: spec.Command }),
    ...(spec?.Args?.length && { command: spec.Args }),
    ...(spec?.Dir && { workingDirectory: spec.Dir }),
    ...(spec?.User && { user: spec.User }),
    ...(spec?.Hostname && { hostname: spec.Hostname }),
    ...(spec?.TTY && { tty: true }),
    environment: spec?.Env ?? [],
    containerLabels: spec?.Labels ?? {},
    mounts: (spec?.Mounts ?? []).flatMap(readMount),
    secrets: (spec?.Secrets ?? []).flatMap((use) => readUse(use.SecretName, use)),
    configs: (spec?.Configs ?? []).flatMap((use) => readUse(use.ConfigName, use)),
  }
}

export function readMount({ Type, Source, Target, ReadOnly }: { Type: string; Source?: string; Target: string; ReadOnly?: boolean }): MountRequest[] {
  if (Type === 'tmpfs') return [{ kind: 'tmpfs', target: Target }]
  if (Type === 'bind') return [{ kind: 'bind', source: Source ?? '', target: Target, ...(ReadOnly && { readOnly: true }) }]
  return Type === 'volume' ? [{ kind: 'volume', ...(Source && { source: Source }), target: Target, ...(ReadOnly && { readOnly: true }) }] : []
}
const readUse = (name: string | undefined, { File }: WireFileUse): FileUse[] => (name === undefined ? [] : [{ name, file: File?.Name ?? name }])

function furtherOf({ ContainerSpec: spec, LogDriver }: WireTaskSpec): Partial<ServiceDraft> {
  const { Nameservers, Search } = spec?.DNSConfig ?? {}
  return {
    ...(spec?.CapabilityAdd?.length && { capabilitiesAdded: spec.CapabilityAdd }),
    ...(spec?.CapabilityDrop?.length && { capabilitiesDropped: spec.CapabilityDrop }),
    ...(spec?.ReadOnly && { readOnlyRoot: true }),
    ...(typeof spec?.Init === 'boolean' && { init: spec.Init }),
    ...(Nameservers?.length && { dnsServers: Nameservers }),
    ...(Search?.length && { dnsSearch: Search }),
    ...(spec?.Hosts?.length && { extraHosts: spec.Hosts.flatMap(hostPair) }),
    ...(spec?.Healthcheck?.Test?.length && { healthCheck: readHealth(spec.Healthcheck) }),
    ...(spec?.StopSignal && { stopSignal: spec.StopSignal }),
    ...(typeof spec?.StopGracePeriod === 'number' && { stopSeconds: Math.round(spec.StopGracePeriod / SECOND) }),
    ...(spec?.Sysctls && { sysctls: spec.Sysctls }),
    ...(spec?.Ulimits?.length && { ulimits: spec.Ulimits.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`) }),
    ...(spec?.Groups?.length && { groups: spec.Groups }),
    ...(LogDriver?.Name && { logging: { driver: LogDriver.Name, options: LogDriver.Options ?? {} } }),
  }
}

/** A line of /etc/hosts as `name:address` pairs. */
function hostPair(line: string): string[] {
  const [address = '', ...names] = line.split(/\s+/)
  return names.map((name) => `${name}:${address}`)
}

export function readHealth({ Test, Interval, Timeout, StartPeriod, Retries }: WireHealthcheck): HealthCheck {
  if (Test?.[0] === 'NONE') return { kind: 'none' }
  const seconds = (value: number | undefined) => (value ? value / SECOND : undefined)
  return { kind: 'command', test: Test ?? [], ...defined({ interval: seconds(Interval), timeout: seconds(Timeout), startPeriod: seconds(StartPeriod), retries: Retries || undefined }) }
}
const defined = <Value extends object>(value: Value) => Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [Key in keyof Value]: Exclude<Value[Key], undefined> }
