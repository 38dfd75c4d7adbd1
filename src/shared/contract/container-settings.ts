import { dictionary, identifier, integer, list, literal, number, oneOf, optional, record, text, truth, variant, type Shape } from './shape.ts'
import type { Limits, MountRequest, PortMapping, RestartPolicy } from './containers.ts'

/** How a container is joined to one network. */
export interface NetworkJoin {
  network: string
  aliases?: string[]
  /** Fixed; chosen by the engine when left out. */
  ipv4?: string
  ipv6?: string
  mac?: string
  driverOptions?: Record<string, string>
  /** The network with the highest gives the default gateway. */
  gatewayPriority?: number
}
/** A command that tells whether it works. `none` takes the image's own away. Durations in seconds. */
export type HealthCheck =
  | { kind: 'none' }
  | { kind: 'command'; test: string[]; interval?: number; timeout?: number; startPeriod?: number; retries?: number }
export interface DeviceMapping {
  host: string
  container: string
  /** Of r, w and m. */
  permissions: string
}
export interface Logging {
  driver: string
  options: Record<string, string>
}

/** What few containers need, the same for a new one and for one that is edited. Left out means: what the engine and the image say. */
export interface FurtherSettings {
  /** Labels, networks and limits have places of their own. */
  capabilitiesAdded?: string[]
  capabilitiesDropped?: string[]
  privileged?: boolean
  readOnlyRoot?: boolean
  init?: boolean
  devices?: DeviceMapping[]
  dnsServers?: string[]
  dnsSearch?: string[]
  /** `name:address` */
  extraHosts?: string[]
  logging?: Logging
  healthCheck?: HealthCheck
  stopSignal?: string
  stopSeconds?: number
  shmBytes?: number
  sysctls?: Record<string, string>
  /** `name=soft:hard` */
  ulimits?: string[]
  groups?: string[]
  securityOptions?: string[]
}

/** Every setting of an existing container, as one value. Lists are empty rather than left out. */
export interface ContainerSettings extends FurtherSettings {
  name: string
  image: string
  command: string[]
  entrypoint: string[]
  environment: string[]
  workingDirectory: string
  user: string
  hostname: string
  tty: boolean
  interactive: boolean
  ports: PortMapping[]
  publishAll: boolean
  mounts: MountRequest[]
  /** `host`, `none` or `container:…`; undefined when it is joined to networks. */
  networkMode?: string
  networks: NetworkJoin[]
  restart: RestartPolicy
  limits: Limits
  labels: Record<string, string>
}

const port = integer(1, 65535)
const path = text(4096)
const word = text(1024)
const words = list(text(131_072))
const seconds = optional(number(0, 1_000_000))
const table = dictionary(text(65_536))

export const portMapping: Shape<PortMapping> = record<PortMapping>({ containerPort: port, protocol: oneOf('tcp', 'udp', 'sctp'), hostIp: optional(text(64)), hostPort: optional(port) })
export const mountRequest: Shape<MountRequest> = variant<MountRequest>('kind', {
  bind: record({ kind: literal('bind'), source: path, target: path, readOnly: optional(truth) }),
  volume: record({ kind: literal('volume'), source: optional(identifier<string>()), target: path, readOnly: optional(truth) }),
  tmpfs: record({ kind: literal('tmpfs'), target: path }),
})
export const restartPolicy: Shape<RestartPolicy> = record<RestartPolicy>({ policy: oneOf('no', 'on-failure', 'always', 'unless-stopped'), maximumRetries: optional(integer(0, 1_000_000)) })
export const limitsShape: Shape<Limits> = record<Limits>({ memoryBytes: optional(integer(0, Number.MAX_SAFE_INTEGER)), cpus: optional(number(0, 4096)), pids: optional(integer(-1, 10_000_000)) })
export const networkJoin: Shape<NetworkJoin> = record<NetworkJoin>({ network: identifier<string>(), aliases: optional(list(identifier<string>())), ipv4: optional(text(64)), ipv6: optional(text(64)), mac: optional(text(64)), driverOptions: optional(dictionary(text(4096))), gatewayPriority: optional(integer(-1_000_000, 1_000_000)) })

const healthCheck: Shape<HealthCheck> = variant<HealthCheck>('kind', {
  none: record({ kind: literal('none') }),
  command: record({ kind: literal('command'), test: words, interval: seconds, timeout: seconds, startPeriod: seconds, retries: optional(integer(0, 1000)) }),
})

export const furtherShapes = {
  capabilitiesAdded: optional(list(word)),
  capabilitiesDropped: optional(list(word)),
  privileged: optional(truth),
  readOnlyRoot: optional(truth),
  init: optional(truth),
  devices: optional(list(record<DeviceMapping>({ host: path, container: path, permissions: text(3) }))),
  dnsServers: optional(list(text(64))),
  dnsSearch: optional(list(text(256))),
  extraHosts: optional(list(text(512))),
  logging: optional(record<Logging>({ driver: text(128), options: table })),
  healthCheck: optional(healthCheck),
  stopSignal: optional(text(32)),
  stopSeconds: optional(integer(-1, 86_400)),
  shmBytes: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  sysctls: optional(table),
  ulimits: optional(list(word)),
  groups: optional(list(word)),
  securityOptions: optional(list(text(65_536))),
} satisfies { [Key in keyof FurtherSettings]-?: Shape<FurtherSettings[Key]> }

export const containerSettings: Shape<ContainerSettings> = record<ContainerSettings>({
  name: text(255),
  image: text(1024),
  command: words,
  entrypoint: words,
  environment: words,
  workingDirectory: path,
  user: text(255),
  hostname: text(255),
  tty: truth,
  interactive: truth,
  ports: list(portMapping, 5000),
  publishAll: truth,
  mounts: list(mountRequest),
  networkMode: optional(text(512)),
  networks: list(networkJoin),
  restart: restartPolicy,
  limits: limitsShape,
  labels: table,
  ...furtherShapes,
})
