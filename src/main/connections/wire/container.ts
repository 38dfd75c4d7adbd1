import type { ContainerAttachment, ContainerDetail, ContainerMount, ContainerPort, ContainerState, ContainerSummary, Health, Protocol, Timestamp } from '#shared/contract/containers.ts'
import { readAge } from './age.ts'

export interface WirePort {
  IP?: string
  PrivatePort: number
  PublicPort?: number
  Type: string
}
interface WireEndpoint {
  NetworkID?: string
  IPAddress?: string
  GlobalIPv6Address?: string
  MacAddress?: string
  Aliases?: string[] | null
  /** Since API 1.45. */
  DNSNames?: string[] | null
}
interface WireMount {
  Type: string
  Name?: string
  Source?: string
  Destination: string
  RW?: boolean
}
type WireNetworks = Record<string, WireEndpoint | null> | null

/** A row of GET /containers/json. https://docs.docker.com/reference/api/engine/ */
export interface WireContainer {
  Id: string
  Names?: string[] | null
  Image: string
  ImageID: string
  Command?: string
  Created: number
  Ports?: WirePort[] | null
  Labels?: Record<string, string> | null
  State: string
  Status: string
  HostConfig?: { NetworkMode?: string }
  NetworkSettings?: { Networks?: WireNetworks }
  Mounts?: WireMount[] | null
}

export function readContainer(wire: WireContainer, now: Timestamp): ContainerSummary {
  const labels = wire.Labels ?? {}
  return {
    id: wire.Id,
    name: readName(wire.Names),
    image: wire.Image,
    imageId: wire.ImageID,
    command: wire.Command ?? '',
    createdAt: wire.Created * 1000,
    state: readState(wire.State, wire.Status, now),
    statusText: wire.Status,
    ports: readPorts(wire.Ports ?? []),
    mounts: (wire.Mounts ?? []).map(readMount),
    networks: readNetworks(wire.NetworkSettings?.Networks),
    ...(wire.HostConfig?.NetworkMode && { networkMode: wire.HostConfig.NetworkMode }),
    labels,
    ...readCompose(labels),
  }
}

/** Links of other containers appear as /other/alias; the container's own name has one slash. */
const readName = (names: readonly string[] | null | undefined) => (names?.find((name) => name.lastIndexOf('/') === 0) ?? names?.[0] ?? '').replace(/^\//, '')

/** A list says when a state began only in words: "Up 5 minutes (healthy)", "Exited (137) 2 hours ago". */
function readState(state: string, status: string, now: Timestamp): ContainerState {
  const since = readAge(status, now)
  const code = Number(/\((-?\d+)\)/.exec(status)?.[1] ?? 0)
  switch (state) {
    case 'running':
      return { status: 'running', ...(since !== undefined && { startedAt: since }), ...readHealth(status) }
    case 'paused':
      return { status: 'paused', ...(since !== undefined && { startedAt: since }) }
    case 'restarting':
      return { status: 'restarting', code }
    case 'exited':
      return { status: 'exited', code, ...(since !== undefined && { finishedAt: since }) }
    case 'removing':
      return { status: 'removing' }
    case 'dead':
      return { status: 'dead' }
    default:
      return { status: 'created' }
  }
}

function readHealth(status: string): { health?: Health } {
  const word = /\((healthy|unhealthy|health: starting)\)/.exec(status)?.[1]
  return word ? { health: word === 'health: starting' ? 'starting' : (word as Health) } : {}
}

/** The same order each time, so that what did not change is not told as a change. */
export const readPorts = (ports: readonly WirePort[]): ContainerPort[] =>
  ports
    .map((port) => ({ containerPort: port.PrivatePort, protocol: port.Type as Protocol, ...(port.PublicPort && { hostPort: port.PublicPort, hostIp: port.IP || '0.0.0.0' }) }))
    .sort((a, b) => a.containerPort - b.containerPort || (a.hostIp ?? '').localeCompare(b.hostIp ?? ''))

const readMount = (mount: WireMount): ContainerMount => ({
  kind: mount.Type === 'volume' || mount.Type === 'tmpfs' ? mount.Type : 'bind',
  source: mount.Name || mount.Source || '',
  target: mount.Destination,
  readOnly: mount.RW === false,
})

const readNetworks = (networks: WireNetworks | undefined): ContainerAttachment[] =>
  Object.entries(networks ?? {}).map(([network, endpoint]) => ({
    network,
    ...(endpoint?.NetworkID && { networkId: endpoint.NetworkID }),
    ...(endpoint?.IPAddress && { ipv4: endpoint.IPAddress }),
    ...(endpoint?.GlobalIPv6Address && { ipv6: endpoint.GlobalIPv6Address }),
    ...(endpoint?.MacAddress && { mac: endpoint.MacAddress }),
    ...(endpoint?.Aliases?.length && { aliases: endpoint.Aliases }),
    ...(endpoint?.DNSNames?.length && { names: endpoint.DNSNames }),
  }))

/** As compose marks what it made. */
export const projectLabel = 'com.docker.compose.project'
export const serviceLabel = 'com.docker.compose.service'

function readCompose(labels: Record<string, string>): Pick<ContainerSummary, 'compose'> {
  const project = labels[projectLabel]
  const service = labels[serviceLabel]
  return project ? { compose: { project, ...(service && { service }) } } : {}
}

/** What is used of GET /containers/{id}/json. */
export interface WireContainerDetail {
  Id: string
  Name: string
  Image: string
  Created: string
  RestartCount?: number
  State: { Status: string; Running?: boolean; Pid?: number; ExitCode?: number; StartedAt?: string; FinishedAt?: string; OOMKilled?: boolean; Error?: string; Health?: { Status: string } | null }
  Config: {
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
  }
  HostConfig: { AutoRemove?: boolean; RestartPolicy?: { Name?: string; MaximumRetryCount?: number }; Memory?: number; NanoCpus?: number; PidsLimit?: number | null }
  NetworkSettings?: { Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> | null; Networks?: WireNetworks }
  Mounts?: WireMount[] | null
}

export function readContainerDetail(wire: WireContainerDetail): ContainerDetail {
  const { Config: config, HostConfig: host, State: state } = wire
  const startedAt = readMoment(state.StartedAt)
  const finishedAt = readMoment(state.FinishedAt)
  return {
    id: wire.Id,
    name: wire.Name.replace(/^\//, ''),
    image: config.Image,
    imageId: wire.Image,
    createdAt: Date.parse(wire.Created),
    state: readDetailState(wire.State, startedAt, finishedAt),
    ...(state.Pid && { pid: state.Pid }),
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    oomKilled: state.OOMKilled ?? false,
    restartCount: wire.RestartCount ?? 0,
    ...(state.Error && { error: state.Error }),
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    environment: config.Env ?? [],
    workingDirectory: config.WorkingDir || '/',
    user: config.User ?? '',
    hostname: config.Hostname ?? '',
    tty: config.Tty ?? false,
    interactive: config.OpenStdin ?? false,
    autoRemove: host.AutoRemove ?? false,
    restart: { policy: (host.RestartPolicy?.Name || 'no') as ContainerDetail['restart']['policy'], ...(host.RestartPolicy?.MaximumRetryCount && { maximumRetries: host.RestartPolicy.MaximumRetryCount }) },
    limits: { ...(host.Memory && { memoryBytes: host.Memory }), ...(host.NanoCpus && { cpus: host.NanoCpus / 1e9 }), ...(host.PidsLimit && host.PidsLimit > 0 && { pids: host.PidsLimit }) },
    ports: readPortTable(wire.NetworkSettings?.Ports ?? {}),
    mounts: (wire.Mounts ?? []).map(readMount),
    networks: readNetworks(wire.NetworkSettings?.Networks),
    labels: config.Labels ?? {},
    raw: wire,
  }
}

/** Docker writes the year 1 for "never". */
function readMoment(text: string | undefined): Timestamp | undefined {
  const time = text && !text.startsWith('0001-') ? Date.parse(text) : NaN
  return Number.isNaN(time) ? undefined : time
}

function readDetailState(state: WireContainerDetail['State'], startedAt: Timestamp | undefined, finishedAt: Timestamp | undefined): ContainerState {
  const health = state.Health?.Status && state.Health.Status !== 'none' ? { health: state.Health.Status as Health } : {}
  if (state.Status === 'running') return { status: 'running', startedAt, ...health }
  if (state.Status === 'paused') return { status: 'paused', startedAt }
  if (state.Status === 'restarting') return { status: 'restarting', code: state.ExitCode ?? 0 }
  if (state.Status === 'exited') return { status: 'exited', code: state.ExitCode ?? 0, finishedAt }
  return { status: state.Status === 'removing' || state.Status === 'dead' ? state.Status : 'created' }
}

function readPortTable(table: Record<string, { HostIp: string; HostPort: string }[] | null>): ContainerPort[] {
  return Object.entries(table).flatMap(([key, bindings]): ContainerPort[] => {
    const [port = '0', protocol = 'tcp'] = key.split('/')
    const inside = { containerPort: Number(port), protocol: protocol as Protocol }
    return bindings?.length ? bindings.map((binding) => ({ ...inside, hostIp: binding.HostIp || '0.0.0.0', hostPort: Number(binding.HostPort) })) : [inside]
  })
}
