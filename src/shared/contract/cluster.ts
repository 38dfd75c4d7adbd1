import { dictionary, identifier, integer, list, nothing, oneOf, optional, record, text, truth, type Shapes } from './shape.ts'
import type { ConnectionId } from './connections.ts'
import type { ContainerId, EachOutcome, Timestamp } from './containers.ts'
import { movePlanShape, moveShape, type MoveAnswer, type MovePlan, type MovePlanRequest, type MoveRequest } from './cluster-move.ts'
import { serviceDraft, type DraftOfContainer, type PublishedPort, type ServiceDraft } from './service-draft.ts'

export type NodeId = string & { readonly __brand?: 'NodeId' }
export type ServiceId = string & { readonly __brand?: 'ServiceId' }
export type TaskId = string & { readonly __brand?: 'TaskId' }

/** What the engine that is looked at is in a cluster (Docker's swarm mode). */
export type ClusterStanding =
  /** It can be of none: our own engine is one machine's, Podman has no such mode. */
  | { kind: 'unable'; product: string }
  /** Of none. `trouble`: it was to be of one, and is not; in Docker's words. */
  | { kind: 'none'; trouble?: string }
  /** It runs tasks; only managers tell about the cluster. Addresses of those it knows. */
  | { kind: 'worker'; node: NodeId; managers: string[] }
  | { kind: 'manager'; node: NodeId }

export type NodeRole = 'manager' | 'worker'
export type Availability = 'active' | 'pause' | 'drain'
export interface ClusterNode {
  id: NodeId
  name: string
  role: NodeRole
  availability: Availability
  state: 'ready' | 'down' | 'disconnected' | 'unknown'
  message?: string
  address: string
  /** Of a manager. */
  leader: boolean
  reachable: boolean
  labels: Record<string, string>
  cpus: number
  memoryBytes: number
  engine: string
  platform: string
}

export type UpdateState = 'updating' | 'paused' | 'completed' | 'rollback_started' | 'rollback_paused' | 'rollback_completed'
export interface ClusterService {
  id: ServiceId
  name: string
  stack?: string
  /** As it was asked for, without its digest. */
  image: string
  digest?: string
  mode: 'replicated' | 'global' | 'job'
  /** Of a replicated one. */
  replicas?: number
  ports: PublishedPort[]
  createdAt: Timestamp
  updatedAt: Timestamp
  update?: { state: UpdateState; message?: string }
  /** There is a setting before this one to go back to. */
  previous: boolean
  secrets: string[]
  configs: string[]
}

export type TaskState = 'new' | 'pending' | 'assigned' | 'accepted' | 'preparing' | 'ready' | 'starting' | 'running' | 'complete' | 'shutdown' | 'failed' | 'rejected' | 'remove' | 'orphaned'
export interface ClusterTask {
  id: TaskId
  service: ServiceId
  node?: NodeId
  /** Number among the replicas; a global service's tasks have none. */
  slot?: number
  state: TaskState
  /** It is to run; the others are what came before. */
  wanted: boolean
  /** By the service's settings of now. */
  current: boolean
  at: Timestamp
  message?: string
  error?: string
  exitCode?: number
  container?: ContainerId
}

/** A secret or a config. What a secret says is told to nobody. */
export interface ClusterFile {
  id: string
  name: string
  stack?: string
  createdAt: Timestamp
}

/** What the cluster holds. */
export interface ClusterItems {
  nodes: ClusterNode
  services: ClusterService
  tasks: ClusterTask
  secrets: ClusterFile
  configs: ClusterFile
}
export type ClusterNoun = keyof ClusterItems
export type ClusterContents = { [Noun in ClusterNoun]: ClusterItems[Noun][] }

export type ClusterMessage =
  /** The first message, and again when it changes. All that was told before is over. */
  | { kind: 'standing'; standing: ClusterStanding }
  | { kind: 'contents'; contents: ClusterContents }
  /** Whole items that changed, and ids of those that are gone. */
  | { [Noun in ClusterNoun]: { kind: 'changed'; noun: Noun; items: ClusterItems[Noun][]; gone: string[] } }[ClusterNoun]
  /** The managers do not answer as a cluster (no majority, no leader): what is shown is as of before. Ends with the next message of another kind. */
  | { kind: 'silent'; reason: string }

export interface JoinCommands {
  /** As somebody types them on the machine that is to join. */
  worker: string
  manager: string
}

/** What a compose file would make of a stack. */
export interface StackPlan {
  stack: string
  services: { name: string; image: string; change: 'new' | 'changed' | 'same' | 'left' }[]
  /** Keys of the file that mean nothing to a cluster. */
  remarks: { service: string; key: string }[]
  /** Docker's, of what it deployed nevertheless. */
  warnings?: string[]
}
export interface StackRequest {
  file: string
  name: string
  /** Services of the stack that the file has no longer go. */
  prune?: boolean
}

export interface ClusterContract {
  standing(): Promise<ClusterStanding>
  /** @throws at `advertise` when the machine has several addresses and none was chosen */
  init(request: { advertise?: string }): Promise<void>
  /** @throws at `addresses` or `token` */
  join(request: { addresses: string[]; token: string; advertise?: string }): Promise<void>
  /** Another engine that the app is connected to joins this cluster. */
  admit(request: { connection: ConnectionId; role: NodeRole }): Promise<void>
  leave(request: { force?: boolean }): Promise<void>
  joining(): Promise<JoinCommands>
  /** The command of that role that was told before admits nobody any more. */
  rotate(request: { role: NodeRole }): Promise<JoinCommands>
  changeNode(request: { id: NodeId; role?: NodeRole; availability?: Availability; labels?: Record<string, string> }): Promise<void>
  removeNode(request: { id: NodeId; force?: boolean }): Promise<void>
  /** Of the engine's own containers. */
  draftOfContainer(request: { container: ContainerId }): Promise<DraftOfContainer>
  service(request: { id: ServiceId }): Promise<{ draft: ServiceDraft; raw: unknown }>
  create(request: { draft: ServiceDraft }): Promise<{ id: ServiceId; warnings: string[] }>
  /** Everything the draft says; a rolling update where tasks are concerned. What a draft cannot say stays. */
  change(request: { id: ServiceId; draft: ServiceDraft }): Promise<{ warnings: string[] }>
  scale(request: { id: ServiceId; replicas: number }): Promise<void>
  /** Every task anew, by the rules of an update. */
  restart(request: { id: ServiceId }): Promise<void>
  /** @throws failed-precondition when there was no setting before */
  rollback(request: { id: ServiceId }): Promise<void>
  remove(request: { ids: ServiceId[] }): Promise<EachOutcome[]>
  planStack(request: StackRequest): Promise<StackPlan>
  /** All of it or as before: what was made is removed and what was changed is rolled back when a part is refused. */
  deployStack(request: StackRequest): Promise<StackPlan>
  removeStack(request: { name: string }): Promise<void>
  createSecret(request: { name: string; value: string }): Promise<{ id: string }>
  createConfig(request: { name: string; value: string }): Promise<{ id: string }>
  readConfig(request: { id: string }): Promise<{ value: string }>
  removeFiles(request: { secrets: string[]; configs: string[] }): Promise<EachOutcome[]>
  /** Of the engine that is looked at, to a cluster that the app is connected to. */
  planMove(request: MovePlanRequest): Promise<MovePlan>
  /** Resolves when everything is healthy there; nothing here was stopped. A failure removes what was deployed. Progress. */
  move(request: MoveRequest): Promise<MoveAnswer>
}

const id = identifier<string>()
const one = record<{ id: ServiceId }>({ id })
const role = oneOf('manager', 'worker')
const address = text(512)
const stack = record<StackRequest>({ file: text(4096), name: identifier<string>(), prune: optional(truth) })
const file = record<{ name: string; value: string }>({ name: text(255), value: text(1_000_000) })

export const clusterShapes: Shapes<ClusterContract> = {
  standing: nothing,
  init: record<{ advertise?: string }>({ advertise: optional(address) }),
  join: record<{ addresses: string[]; token: string; advertise?: string }>({ addresses: list(address, 50), token: text(1024), advertise: optional(address) }),
  admit: record<{ connection: ConnectionId; role: NodeRole }>({ connection: identifier<ConnectionId>(), role }),
  leave: record<{ force?: boolean }>({ force: optional(truth) }),
  joining: nothing,
  rotate: record<{ role: NodeRole }>({ role }),
  changeNode: record<{ id: NodeId; role?: NodeRole; availability?: Availability; labels?: Record<string, string> }>({ id, role: optional(role), availability: optional(oneOf('active', 'pause', 'drain')), labels: optional(dictionary(text(4096))) }),
  removeNode: record<{ id: NodeId; force?: boolean }>({ id, force: optional(truth) }),
  draftOfContainer: record<{ container: ContainerId }>({ container: identifier<ContainerId>() }),
  service: one,
  create: record<{ draft: ServiceDraft }>({ draft: serviceDraft }),
  change: record<{ id: ServiceId; draft: ServiceDraft }>({ id, draft: serviceDraft }),
  scale: record<{ id: ServiceId; replicas: number }>({ id, replicas: integer(0, 100_000) }),
  restart: one,
  rollback: one,
  remove: record<{ ids: ServiceId[] }>({ ids: list(id) }),
  planStack: stack,
  deployStack: stack,
  removeStack: record<{ name: string }>({ name: id }),
  createSecret: file,
  createConfig: file,
  readConfig: one,
  removeFiles: record<{ secrets: string[]; configs: string[] }>({ secrets: list(id), configs: list(id) }),
  planMove: movePlanShape,
  move: moveShape,
}
