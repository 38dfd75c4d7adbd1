import type { ChainId, ImageId } from '#shared/oci/digest.ts'
import type { PortMapping } from '../../core/network/sandbox.ts'
import type { ContainerConfig, EndpointSettings, HostConfig } from './config.ts'
import type { ContainerState } from './state.ts'

/** The durable record: what should run, and how far it got. Immutable: change a copy and commit that. */
export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  id: string
  /** Without the slash that Docker puts before it. */
  name: string
  createdAt: string
  image: { id: ImageId; chain: ChainId | undefined; platform: string }
  config: ContainerConfig
  host: HostConfig
  /** By network name or id, as asked for; what is connected now is known by the networks service. */
  endpoints: Record<string, EndpointSettings>
  mounts: MountPoint[]
  /** Random host ports that were chosen at the last start stay the same over restarts of the engine, not over starts. */
  ports: PortMapping[]
  state: ContainerState
  restartCount: number
  /** A stop or kill by the user: `unless-stopped` honours it after a restart of the engine. */
  stoppedByUser: boolean
  health?: HealthState
}

export type MountPoint =
  | { kind: 'bind'; source: string; target: string; readonly: boolean; propagation: string; ownPropagation?: true; mode: string; createSource: boolean; nonRecursive?: boolean; recursiveReadonly?: 'never' | 'force' }
  | { kind: 'volume'; volume: string; driver: string; target: string; readonly: boolean; mode: string; anonymous: boolean; copyUp: boolean; subpath?: string }
  | { kind: 'tmpfs'; target: string; readonly: boolean; options: string[] }

export interface HealthState {
  status: 'starting' | 'healthy' | 'unhealthy'
  failingStreak: number
  /** The last five. */
  log: HealthProbe[]
}
export interface HealthProbe {
  start: string
  end: string
  exitCode: number
  output: string
}
