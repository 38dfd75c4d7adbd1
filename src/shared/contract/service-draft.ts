import { furtherShapes, limitsShape, mountRequest, type FurtherSettings } from './container-settings.ts'
import type { Limits, MountRequest, Protocol } from './containers.ts'
import { dictionary, identifier, integer, list, number, oneOf, optional, record, text, truth, type Shape } from './shape.ts'

/** A port of a service. `host`: on the machines that run a task of it; `ingress`: on every machine of the cluster. */
export interface PublishedPort {
  target: number
  /** Chosen by the cluster when left out. */
  published?: number
  protocol: Protocol
  mode: 'ingress' | 'host'
}
export interface NetworkUse {
  /** Name or id. */
  network: string
  aliases?: string[]
}
/** A secret or a config as a file in the container. */
export interface FileUse {
  name: string
  /** A name in /run/secrets, or a whole path. */
  file: string
}
/** How tasks are replaced. Seconds. */
export interface UpdateRules {
  /** 0: all at once. */
  parallelism: number
  delay: number
  onFailure: 'pause' | 'continue' | 'rollback'
  order: 'stop-first' | 'start-first'
}

/** Everything of a service that the app can say; the same for a new one and for one that is changed. Left out means: what the image and the cluster say. */
export interface ServiceDraft extends FurtherSettings {
  name: string
  image: string
  mode: 'replicated' | 'global'
  replicas: number
  /** In place of the image's entrypoint. */
  entrypoint?: string[]
  command?: string[]
  environment: string[]
  workingDirectory?: string
  user?: string
  hostname?: string
  tty?: boolean
  /** Of the service, and of its containers. */
  labels: Record<string, string>
  containerLabels: Record<string, string>
  ports: PublishedPort[]
  /** `vip`: one address for all tasks, shared out by the kernel (IPVS); `dnsrr`: the name has the addresses of all. */
  endpointMode: 'vip' | 'dnsrr'
  networks: NetworkUse[]
  mounts: MountRequest[]
  secrets: FileUse[]
  configs: FileUse[]
  /** `node.role==worker`, `node.labels.disk==ssd`… */
  constraints: string[]
  /** Spread over the values of a label: `node.labels.zone`. */
  spread: string[]
  /** Tasks on one node, at most; 0: any number. */
  mostPerNode: number
  limits: Limits
  reservations: Pick<Limits, 'cpus' | 'memoryBytes'>
  restart: { condition: 'none' | 'on-failure' | 'any'; attempts?: number }
  update: UpdateRules
}

/** A service like a container, and what of it does not come along. */
export interface DraftOfContainer {
  draft: ServiceDraft
  remarks: string[]
}

export const usualUpdate: UpdateRules = { parallelism: 1, delay: 0, onFailure: 'pause', order: 'stop-first' }
/** Nothing said. */
export const emptyDraft = (name: string, image: string): ServiceDraft => ({
  name,
  image,
  mode: 'replicated',
  replicas: 1,
  environment: [],
  labels: {},
  containerLabels: {},
  ports: [],
  endpointMode: 'vip',
  networks: [],
  mounts: [],
  secrets: [],
  configs: [],
  constraints: [],
  spread: [],
  mostPerNode: 0,
  limits: {},
  reservations: {},
  restart: { condition: 'any' },
  update: usualUpdate,
})

const words = list(text(131_072))
const port = integer(1, 65_535)
const name = identifier<string>()
const table = dictionary(text(65_536))
const files = list(record<FileUse>({ name: text(255), file: text(4096) }))

export const serviceDraft: Shape<ServiceDraft> = record<ServiceDraft>({
  name: text(255),
  image: text(1024),
  mode: oneOf('replicated', 'global'),
  replicas: integer(0, 100_000),
  entrypoint: optional(words),
  command: optional(words),
  environment: words,
  workingDirectory: optional(text(4096)),
  user: optional(text(255)),
  hostname: optional(text(255)),
  tty: optional(truth),
  labels: table,
  containerLabels: table,
  ports: list(record<PublishedPort>({ target: port, published: optional(port), protocol: oneOf('tcp', 'udp', 'sctp'), mode: oneOf('ingress', 'host') })),
  endpointMode: oneOf('vip', 'dnsrr'),
  networks: list(record<NetworkUse>({ network: name, aliases: optional(list(name)) })),
  mounts: list(mountRequest),
  secrets: files,
  configs: files,
  constraints: list(text(1024)),
  spread: list(text(1024)),
  mostPerNode: integer(0, 100_000),
  limits: limitsShape,
  reservations: record<Pick<Limits, 'cpus' | 'memoryBytes'>>({ cpus: optional(number(0, 4096)), memoryBytes: optional(integer(0, Number.MAX_SAFE_INTEGER)) }),
  restart: record<ServiceDraft['restart']>({ condition: oneOf('none', 'on-failure', 'any'), attempts: optional(integer(0, 1_000_000)) }),
  update: record<UpdateRules>({ parallelism: integer(0, 100_000), delay: number(0, 1_000_000), onFailure: oneOf('pause', 'continue', 'rollback'), order: oneOf('stop-first', 'start-first') }),
  ...furtherShapes,
})
