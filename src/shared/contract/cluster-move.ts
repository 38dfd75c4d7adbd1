import { identifier, integer, list, literal, oneOf, optional, record, text, truth, variant, type Shape } from './shape.ts'
import type { ConnectionId } from './connections.ts'
import type { ContainerId } from './containers.ts'

/** Where the cluster's machines fetch images from that no registry has yet. */
export type ImagePlace =
  /** The registry that this very engine is (Settings), at the address by which the machines of the cluster reach it. Nothing is sent before they ask. */
  | { kind: 'own'; address: string; password?: string }
  /** `registry.example.org`, `ghcr.io/team`: pushed there first. */
  | { kind: 'registry'; prefix: string }
  /** They are sent to that engine; right for a cluster of one machine only. */
  | { kind: 'engine' }

export interface MovePlanRequest {
  /** The cluster. */
  to: ConnectionId
  /** Containers to move; those of a compose project that belong to one service become one. */
  containers: ContainerId[]
  /** The name of the stack there. */
  stack: string
}
export interface MoveRequest extends MovePlanRequest {
  images: ImagePlace
  /** One address for a service and its ports on every machine; else its name leads to all tasks, and ports are where they run. The former needs IPVS in the kernels. */
  mesh: boolean
  /** Folders of this machine that are mounted: left out, or expected under the same path on every machine of the cluster. */
  binds: 'leave' | 'expect'
  /** Milliseconds to wait until everything is healthy. */
  patience?: number
}

/** What changes for what is moved, and how much it matters: `loss` is gone or empty there, `change` works another way, `note` is good to know. */
export interface MoveRemark {
  weight: 'loss' | 'change' | 'note'
  /** Whom it is about: the service. */
  service: string
  kind: 'bind' | 'volume' | 'build' | 'host-address' | 'network-mode' | 'shared-volume' | 'option'
  /** Path, volume, port, image… */
  what: string
}
export interface MovePlan {
  stack: string
  services: { name: string; image: string; replicas: number; containers: string[] }[]
  networks: string[]
  volumes: string[]
  /** No registry is known that has them. */
  images: string[]
  remarks: MoveRemark[]
  /** Machines of the cluster that take tasks. */
  machines: number
  /** This engine is a registry itself (Settings): where, and whether it is open to others. */
  own?: { on: boolean; loopback: boolean; addresses: string[]; password: boolean }
}
export interface MoveAnswer {
  stack: string
  services: string[]
  /** Docker's, of what it deployed nevertheless. */
  warnings?: string[]
}

/** Steps of a move, in order; `undoing` after one that failed. */
export type MoveStep = 'images' | 'networks' | 'services' | 'waiting' | 'undoing'

const name = identifier<string>()
const plan = { to: identifier<ConnectionId>(), containers: list(identifier<ContainerId>(), 500), stack: name }
export const imagePlaceShape: Shape<ImagePlace> = variant<ImagePlace>('kind', {
  own: record({ kind: literal('own'), address: text(512), password: optional(text(1024)) }),
  registry: record({ kind: literal('registry'), prefix: text(512) }),
  engine: record({ kind: literal('engine') }),
} as Record<string, Shape<ImagePlace>>)

export const movePlanShape = record<MovePlanRequest>(plan)
export const moveShape = record<MoveRequest>({ ...plan, images: imagePlaceShape, mesh: truth, binds: oneOf('leave', 'expect'), patience: optional(integer(1, 3_600_000)) })
