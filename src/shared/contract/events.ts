import type { BuildId, BuildSummary } from './builds.ts'
import type { MoveStep } from './cluster-move.ts'
import type { ConnectionId, ConnectionSummary } from './connections.ts'
import type { ContainerId, ContainerSummary } from './containers.ts'
import type { EditPhase } from './edit.ts'
import type { EngineState } from './engine.ts'
import type { ApplyProgress } from './kubernetes-apply.ts'
import type { ImageId, ImageSummary } from './images.ts'
import type { ContainerNotice } from './notices.ts'
import type { NetworkSummary } from './networks.ts'
import type { Settings } from './settings.ts'
import type { UpdateState } from './updates.ts'
import type { VolumeSummary } from './volumes.ts'

/** Chosen by the page, unique for the life of the app. */
export type CallId = string

/** Everything a window shows, at one moment. `connection` is the engine that this window looks at. */
export interface Snapshot {
  connection: ConnectionId
  connections: ConnectionSummary[]
  engine: EngineState
  settings: Settings
  containers: ContainerSummary[]
  images: ImageSummary[]
  networks: NetworkSummary[]
  volumes: VolumeSummary[]
  /** Under way and over, newest first. */
  builds: BuildSummary[]
  update: UpdateState
}

/** Where a long call is. A layer is told by its short digest; sizes in bytes. */
export type ProgressStep =
  | { kind: 'phase'; phase: EditPhase | 'copying' | 'verifying' }
  | { kind: 'layer'; id: string; phase: 'waiting' | 'downloading' | 'verifying' | 'extracting' | 'done' | 'exists'; current?: number; total?: number }
  | { kind: 'bytes'; current: number; total?: number }
  | { kind: 'message'; text: string }
  /** Of a move to a cluster: what it is at, and how much of that is done. */
  | { kind: 'move'; step: MoveStep; current: number; total: number; subject?: string }
  | ApplyProgress

/** Whole items, after the fact is durable in the engine. `snapshot` replaces everything (another engine was chosen, or the engine came back). */
export type EngineEvent =
  | { type: 'snapshot'; snapshot: Snapshot }
  | { type: 'container.changed'; container: ContainerSummary }
  | { type: 'container.removed'; id: ContainerId }
  | { type: 'image.changed'; image: ImageSummary }
  | { type: 'image.removed'; id: ImageId }
  | { type: 'network.changed'; network: NetworkSummary }
  | { type: 'network.removed'; id: string }
  | { type: 'volume.changed'; volume: VolumeSummary }
  | { type: 'volume.removed'; name: string }
  | { type: 'build.changed'; build: BuildSummary }
  | { type: 'build.removed'; id: BuildId }
  | { type: 'connection.changed'; connection: ConnectionSummary }
  | { type: 'connection.removed'; id: ConnectionId }
  | { type: 'engine.state'; state: EngineState }
  | { type: 'settings.changed'; settings: Settings }
  | { type: 'update.changed'; state: UpdateState }
  | { type: 'progress'; callId: CallId; step: ProgressStep }
  /** A native menu, a tray entry or a deep link asks this window to do something. */
  | { type: 'command'; command: AppCommand }
  /** The same may ask for a view, by its address. */
  | { type: 'navigate'; path: string }
  | { type: 'notice'; notice: ContainerNotice }

export type AppCommand = 'navigate.containers' | 'navigate.images' | 'navigate.volumes' | 'navigate.networks' | 'navigate.logs' | 'navigate.settings' | 'dialog.run' | 'dialog.pull' | 'palette.open' | 'find'
