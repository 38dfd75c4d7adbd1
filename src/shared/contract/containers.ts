import { dictionary, identifier, integer, list, nothing, oneOf, optional, record, text, truth, type Shape, type Shapes } from './shape.ts'
import { furtherShapes, limitsShape, mountRequest, networkJoin, portMapping, restartPolicy, type FurtherSettings, type NetworkJoin } from './container-settings.ts'
import { editShapes, type EditContract } from './edit.ts'
import { hostPath } from './files.ts'
import type { ImageId } from './images.ts'
import type { SerializedError } from './errors.ts'

/** 64 hex digits. Names and unique prefixes are accepted wherever a request takes a ContainerId. */
export type ContainerId = string & { readonly __brand?: 'ContainerId' }
/** Milliseconds since 1970. */
export type Timestamp = number
export type Health = 'starting' | 'healthy' | 'unhealthy'
export type Protocol = 'tcp' | 'udp' | 'sctp'

/** What the container does, with what exists only in that case. */
export type ContainerState =
  | { status: 'created' }
  | { status: 'running'; startedAt?: Timestamp; health?: Health }
  | { status: 'paused'; startedAt?: Timestamp }
  | { status: 'restarting'; code?: number }
  /** `asked`: somebody stopped or killed it, whatever code it then ended with. */
  | { status: 'exited'; code: number; finishedAt?: Timestamp; asked?: true }
  | { status: 'removing' }
  | { status: 'dead' }

export const canStart = (state: ContainerState): boolean => state.status === 'created' || state.status === 'exited' || state.status === 'dead'
export const canStop = (state: ContainerState): boolean => state.status === 'running' || state.status === 'paused' || state.status === 'restarting'
export const canPause = (state: ContainerState): boolean => state.status === 'running'
export const canUnpause = (state: ContainerState): boolean => state.status === 'paused'
export const canOpenTerminal = (state: ContainerState): boolean => state.status === 'running'

/** A port of the container; with `hostPort` it is published. The same mapping on 0.0.0.0 and :: appears once per address. */
export interface ContainerPort {
  containerPort: number
  protocol: Protocol
  hostIp?: string
  hostPort?: number
}

export interface ContainerMount {
  kind: 'bind' | 'volume' | 'tmpfs'
  /** Host path or volume name. */
  source: string
  target: string
  readOnly: boolean
}

export interface ContainerAttachment {
  network: string
  networkId?: string
  ipv4?: string
  ipv6?: string
  mac?: string
  aliases?: string[]
  /** What resolves to it there, as far as the engine tells. */
  names?: string[]
}

/** One row of the list. Everything in it is kept live by events. */
export interface ContainerSummary {
  id: ContainerId
  /** Without the leading slash. */
  name: string
  /** As the user wrote it, or an id when its tag was taken away. */
  image: string
  imageId: ImageId
  command: string
  createdAt: Timestamp
  state: ContainerState
  /** Docker's own sentence ("Up 5 minutes"), as of the last event. */
  statusText: string
  ports: ContainerPort[]
  mounts: ContainerMount[]
  networks: ContainerAttachment[]
  /** As it was made: `bridge`, a network, `host`, `none`, `container:ID`. */
  networkMode?: string
  labels: Record<string, string>
  /** From com.docker.compose.project and .service. */
  compose?: { project: string; service?: string }
}

/** What inspect adds, readable; `raw` is the engine's whole answer. */
export interface ContainerDetail {
  id: ContainerId
  name: string
  image: string
  imageId: ImageId
  createdAt: Timestamp
  state: ContainerState
  pid?: number
  startedAt?: Timestamp
  finishedAt?: Timestamp
  oomKilled: boolean
  restartCount: number
  error?: string
  entrypoint: string[]
  command: string[]
  environment: string[]
  workingDirectory: string
  user: string
  hostname: string
  tty: boolean
  interactive: boolean
  autoRemove: boolean
  restart: RestartPolicy
  limits: Limits
  ports: ContainerPort[]
  mounts: ContainerMount[]
  networks: ContainerAttachment[]
  labels: Record<string, string>
  raw: unknown
}

export interface RestartPolicy {
  policy: 'no' | 'on-failure' | 'always' | 'unless-stopped'
  maximumRetries?: number
}
export interface Limits {
  memoryBytes?: number
  cpus?: number
  pids?: number
}
export interface PortMapping {
  containerPort: number
  protocol: Protocol
  /** Every address when left out. */
  hostIp?: string
  /** A free one is chosen when left out. */
  hostPort?: number
}
export type MountRequest =
  | { kind: 'bind'; source: string; target: string; readOnly?: boolean }
  /** Without a source the volume is anonymous. */
  | { kind: 'volume'; source?: string; target: string; readOnly?: boolean }
  | { kind: 'tmpfs'; target: string }

/** What to run. Left out means: what the image says. Errors name the field: `image`, `name`, `ports[0].hostPort`, `mounts[1].source`… */
export interface RunRequest extends FurtherSettings {
  image: string
  name?: string
  command?: string[]
  entrypoint?: string[]
  /** NAME=value, or NAME alone to take a variable away. */
  environment?: string[]
  workingDirectory?: string
  user?: string
  hostname?: string
  ports?: PortMapping[]
  publishAll?: boolean
  mounts?: MountRequest[]
  restart?: RestartPolicy
  labels?: Record<string, string>
  /** Names or ids, `host`, `none` or `container:…`; the first is joined at create, the rest before start. Default: the default bridge. */
  networks?: string[]
  /** Names and addresses in the first of them. */
  join?: NetworkJoin
  tty?: boolean
  interactive?: boolean
  autoRemove?: boolean
  limits?: Limits
  platform?: string
  /** Default `missing`. */
  pull?: 'missing' | 'always' | 'never'
}

export interface CreatedContainer {
  id: ContainerId
  name: string
  warnings: string[]
}

/** One or many: each is tried, whatever the others do. */
export interface ContainersRequest {
  ids: ContainerId[]
}
/** In the order of the request. The call itself resolves; each entry without `error` was done. */
export interface EachOutcome {
  id: string
  error?: SerializedError
}

/** A process of a container, column by column as the engine's ps printed it. */
export interface ProcessTable {
  titles: string[]
  rows: string[][]
}

/** A docker command, a compose file. For Kubernetes see kubernetes.ts. */
export type RecipeForm = 'run' | 'compose'

/** What a container changed in its image's files. */
export interface FileChange {
  path: string
  kind: 'modified' | 'added' | 'deleted'
}
export interface CommitRequest {
  id: ContainerId
  reference: string
  author?: string
  comment?: string
  /** Frozen while its files are copied. */
  pause: boolean
}
/** A container as something to type or keep: what its image does not say by itself. `remarks`: what cannot be said that way. */
export interface Recipe {
  text: string
  remarks: string[]
}

export interface ContainersContract extends EditContract {
  list(): Promise<ContainerSummary[]>
  inspect(request: { id: ContainerId }): Promise<ContainerDetail>
  /** Creates without starting; pulls the image when missing. Progress. */
  create(request: RunRequest): Promise<CreatedContainer>
  /** Creates, pulling the image when it is missing, and starts. A container that cannot start is removed again. Progress, cancellable. */
  run(request: RunRequest): Promise<CreatedContainer>
  start(request: ContainersRequest): Promise<EachOutcome[]>
  stop(request: ContainersRequest & { timeoutSeconds?: number }): Promise<EachOutcome[]>
  restart(request: ContainersRequest & { timeoutSeconds?: number }): Promise<EachOutcome[]>
  kill(request: ContainersRequest & { signal?: string }): Promise<EachOutcome[]>
  pause(request: ContainersRequest): Promise<EachOutcome[]>
  unpause(request: ContainersRequest): Promise<EachOutcome[]>
  remove(request: ContainersRequest & { force?: boolean; anonymousVolumes?: boolean }): Promise<EachOutcome[]>
  rename(request: { id: ContainerId; name: string }): Promise<void>
  top(request: { id: ContainerId }): Promise<ProcessTable>
  changes(request: { id: ContainerId }): Promise<FileChange[]>
  /** Makes an image of it. */
  commit(request: CommitRequest): Promise<{ id: ImageId }>
  /** Its files as a tar archive, to a file of this machine. Progress. */
  export(request: { id: ContainerId; target: string }): Promise<{ bytes: number }>
  /** Another container with the same settings; not started. Host ports are left to the engine, fixed addresses and anonymous volumes are not shared. */
  duplicate(request: { id: ContainerId; name: string }): Promise<CreatedContainer>
  recipe(request: { id: ContainerId; form: RecipeForm }): Promise<Recipe>
}

const id = identifier<ContainerId>()
const ids = list(id)
const timeoutSeconds = optional(integer(0, 86_400))
const path = text(4096)

const words = list(text(131_072))

/** Also what a deep link or a pasted command line is checked against. */
export const runRequest: Shape<RunRequest> = record<RunRequest>({
  image: identifier<string>(),
  name: optional(text(255)),
  command: optional(words),
  entrypoint: optional(words),
  environment: optional(words),
  workingDirectory: optional(path),
  user: optional(text(255)),
  hostname: optional(text(255)),
  ports: optional(list(portMapping, 5000)),
  publishAll: optional(truth),
  mounts: optional(list(mountRequest)),
  restart: optional(restartPolicy),
  labels: optional(dictionary(text(65_536))),
  networks: optional(list(identifier<string>())),
  tty: optional(truth),
  interactive: optional(truth),
  autoRemove: optional(truth),
  limits: optional(limitsShape),
  platform: optional(text(64)),
  pull: optional(oneOf('missing', 'always', 'never')),
  join: optional(networkJoin),
  ...furtherShapes,
})

const many = record<ContainersRequest>({ ids })
const timed = record<ContainersRequest & { timeoutSeconds?: number }>({ ids, timeoutSeconds })
const one = record<{ id: ContainerId }>({ id })

export const containersShapes: Shapes<ContainersContract> = {
  list: nothing,
  inspect: one,
  create: runRequest,
  run: runRequest,
  start: many,
  stop: timed,
  restart: timed,
  kill: record<ContainersRequest & { signal?: string }>({ ids, signal: optional(identifier<string>()) }),
  pause: many,
  unpause: many,
  remove: record<ContainersRequest & { force?: boolean; anonymousVolumes?: boolean }>({ ids, force: optional(truth), anonymousVolumes: optional(truth) }),
  rename: record<{ id: ContainerId; name: string }>({ id, name: text(255) }),
  top: one,
  ...editShapes,
  changes: one,
  commit: record<CommitRequest>({ id, reference: text(1024), author: optional(text(1024)), comment: optional(text(4096)), pause: truth }),
  export: record<{ id: ContainerId; target: string }>({ id, target: hostPath }),
  duplicate: record<{ id: ContainerId; name: string }>({ id, name: text(255) }),
  recipe: record<{ id: ContainerId; form: RecipeForm }>({ id, form: oneOf('run', 'compose') }),
}
