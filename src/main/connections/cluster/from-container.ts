import type { ContainerId, MountRequest } from '#shared/contract/containers.ts'
import { emptyDraft, type DraftOfContainer, type PublishedPort, type ServiceDraft } from '#shared/contract/service-draft.ts'
import type { EngineApi } from '../engine-api.ts'
import { readSettings, type ImageConfig, type Settings, type WireHost, type WireSettings } from '../recipe/settings.ts'
import { readHealth, readMount } from './draft.ts'

export async function draftOfContainer(api: EngineApi, container: ContainerId, signal: AbortSignal): Promise<DraftOfContainer> {
  const { settings } = await readContainerSettings(api, container, signal)
  return { draft: draftOfSettings(settings), remarks: remarksOf(settings) }
}

export interface ContainerSettings {
  settings: Settings
  container: WireSettings & { Image: string }
  image: { RepoDigests?: string[] | null; RepoTags?: string[] | null; Config?: ImageConfig | null }
}

/** What it has beyond its image. An image that is gone says nothing: then all is said. */
export async function readContainerSettings(api: EngineApi, id: ContainerId, signal: AbortSignal): Promise<ContainerSettings> {
  const container = await api.json<ContainerSettings['container']>('GET', `/containers/${id}/json`, { signal })
  const image = await api.json<ContainerSettings['image']>('GET', `/images/${encodeURI(container.Image)}/json`, { signal }).catch((): ContainerSettings['image'] => ({}))
  return { settings: readSettings(container, image.Config ?? {}), container, image }
}

/** Networks are left out: the cluster's are others. */
export function draftOfSettings(settings: Settings): ServiceDraft {
  const { host } = settings
  return {
    ...emptyDraft(settings.name, settings.image),
    ...(settings.entrypoint && { entrypoint: settings.entrypoint }),
    ...(settings.command && { command: settings.command }),
    ...(settings.workingDirectory && { workingDirectory: settings.workingDirectory }),
    ...(settings.user && { user: settings.user }),
    ...(settings.hostname && { hostname: settings.hostname }),
    ...(settings.tty && { tty: true }),
    environment: settings.environment,
    containerLabels: Object.fromEntries(settings.labels),
    ports: portsOf(host),
    mounts: mountsOf(settings),
    limits: { ...(host.NanoCpus && { cpus: host.NanoCpus / 1e9 }), ...(host.Memory && { memoryBytes: host.Memory }), ...(host.PidsLimit && host.PidsLimit > 0 && { pids: host.PidsLimit }) },
    restart: restartOf(host),
    ...furtherOf(settings),
  }
}

const portsOf = ({ PortBindings }: WireHost): PublishedPort[] =>
  Object.entries(PortBindings ?? {}).flatMap(([key, places]) => {
    const [port = '', protocol = 'tcp'] = key.split('/')
    const published = new Set((places ?? []).map(({ HostPort }) => Number(HostPort) || undefined))
    return [...published].map((each): PublishedPort => ({ target: Number(port), ...(each && { published: each }), protocol: protocol as PublishedPort['protocol'], mode: 'ingress' }))
  })

function mountsOf({ host, anonymous }: Settings): MountRequest[] {
  const binds = (host.Binds ?? []).map((bind): MountRequest => {
    const [source = '', target = '', options = ''] = bind.split(':')
    const readOnly = options.split(',').includes('ro')
    return { kind: source.startsWith('/') ? 'bind' : 'volume', source, target, ...(readOnly && { readOnly }) }
  })
  const tmpfs = Object.keys(host.Tmpfs ?? {}).map((target): MountRequest => ({ kind: 'tmpfs', target }))
  return [...binds, ...(host.Mounts ?? []).flatMap(readMount), ...anonymous.map((target): MountRequest => ({ kind: 'volume', target })), ...tmpfs]
}

function restartOf({ RestartPolicy }: WireHost): ServiceDraft['restart'] {
  if (RestartPolicy?.Name !== 'on-failure') return { condition: 'any' }
  return { condition: 'on-failure', ...(RestartPolicy.MaximumRetryCount && { attempts: RestartPolicy.MaximumRetryCount }) }
}

function furtherOf({ host, health, stopSignal, stopTimeout, logs }: Settings): Partial<ServiceDraft> {
  return {
    ...(host.CapAdd?.length && { capabilitiesAdded: host.CapAdd }),
    ...(host.CapDrop?.length && { capabilitiesDropped: host.CapDrop }),
    ...(host.ReadonlyRootfs && { readOnlyRoot: true }),
    ...(typeof host.Init === 'boolean' && { init: host.Init }),
    ...(host.Dns?.length && { dnsServers: host.Dns }),
    ...(host.DnsSearch?.length && { dnsSearch: host.DnsSearch }),
    ...(host.ExtraHosts?.length && { extraHosts: host.ExtraHosts }),
    ...(health && { healthCheck: health === 'none' ? { kind: 'none' as const } : readHealth(health) }),
    ...(stopSignal && { stopSignal }),
    ...(stopTimeout !== undefined && { stopSeconds: stopTimeout }),
    ...(host.Sysctls && Object.keys(host.Sysctls).length > 0 && { sysctls: host.Sysctls }),
    ...(host.Ulimits?.length && { ulimits: host.Ulimits.map(({ Name, Soft, Hard }) => `${Name}=${Soft}:${Hard}`) }),
    ...(host.GroupAdd?.length && { groups: host.GroupAdd }),
    ...(logs && { logging: { driver: logs.driver, options: Object.fromEntries(logs.options) } }),
  }
}

/** What a service cannot have. */
export function remarksOf({ host, networkMode, mac, networks }: Settings): string[] {
  return [
    ...(host.Privileged ? ['--privileged'] : []),
    ...(host.Devices?.length ? [`--device ${host.Devices.map(({ PathOnHost }) => PathOnHost).join(', ')}`] : []),
    ...(host.DeviceRequests?.length ? ['--gpus'] : []),
    ...(networkMode?.startsWith('container:') ? [`--network ${networkMode}`] : []),
    ...(mac ? [`--mac-address ${mac}`] : []),
    ...networks.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].flatMap((address) => (address ? [`--ip ${address}`] : []))),
    ...(host.SecurityOpt?.length ? host.SecurityOpt.map((option) => `--security-opt ${option}`) : []),
    ...(host.ShmSize && host.ShmSize !== 67_108_864 ? [`--shm-size ${host.ShmSize}`] : []),
    ...(host.PidMode ? [`--pid ${host.PidMode}`] : []),
    ...(host.VolumesFrom?.length ? [`--volumes-from ${host.VolumesFrom.join(', ')}`] : []),
  ]
}
