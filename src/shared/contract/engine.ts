import { nothing, type Shapes } from './shape.ts'
import type { Timestamp } from './containers.ts'
import type { SerializedError } from './errors.ts'

/** The engine that Slipway itself starts and supervises. `external`: the app was told to use a socket that something else serves. */
export type EngineState =
  | { status: 'external'; socketPath: string }
  | { status: 'stopped' }
  | { status: 'starting' }
  /** `after`: the one before ended unexpectedly, and of what. */
  | { status: 'running'; pid: number; since: Timestamp; after?: string }
  | { status: 'restarting'; since: Timestamp; attempt: number; reason: string }
  | { status: 'failed'; error: SerializedError }

/** Answer of /version and /info, of any Docker-compatible engine. */
export interface EngineFacts {
  /** `Slipway`, `Docker`, `Podman`… */
  product: string
  version: string
  apiVersion: string
  operatingSystem: string
  architecture: string
  kernel: string
  cpus: number
  memoryBytes: number
  warnings: string[]
  /** What the engine offers beyond Docker's API (`GET /slipway/host` answers). */
  slipway: boolean
  /** What it is in a cluster (Docker's swarm mode). */
  cluster?: 'manager' | 'worker'
}

/** The start-up probe of the host, as `GET /slipway/host` serves it (engine/core/host/host.ts HostFacts). Undefined for other engines. */
export interface HostFacts {
  rootless: boolean
  kernel: string
  operatingSystem: string
  architecture: string
  cpus: number
  memoryBytes: number
  runtime?: { name: string; path: string; version: string }
  storage: string
  cgroup: { mode: string; driver: string; controllers: string[] }
  seccomp: boolean
  apparmor: boolean
  checks: HostCheck[]
}

/** One line of the first-run page. */
export interface HostCheck {
  /** Stable: runtime, overlay, user-namespaces, subuid, nft, ip, cgroup, tun, shim. */
  id: string
  status: 'ok' | 'degraded' | 'missing'
  finding: string
  consequence?: string
  /** The exact command or setting that mends it. */
  remedy?: string
}

export interface EngineContract {
  state(): Promise<EngineState>
  /** Stops and starts the embedded engine; containers go on. @throws failed-precondition when the engine is external. */
  restart(): Promise<void>
  /** @throws unavailable until the connection is ready, not-implemented for engines that are not Slipway's. */
  host(): Promise<HostFacts>
  facts(): Promise<EngineFacts>
  /** What a helper needs to know, as text without secrets. */
  diagnostics(): Promise<string>
}

export const engineShapes: Shapes<EngineContract> = { state: nothing, restart: nothing, host: nothing, facts: nothing, diagnostics: nothing }
