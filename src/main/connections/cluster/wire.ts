/** What is used of Docker's swarm objects: https://docs.docker.com/reference/api/engine/version/v1.45/ (Node, Service, Task, Secret, Config). Durations in nanoseconds. */
import type { WireHealthcheck, WireMountSpec } from '../wire/inspect.ts'

interface WireMeta {
  ID: string
  Version: { Index: number }
  CreatedAt: string
  UpdatedAt: string
}
export interface WireSwarmInfo {
  NodeID?: string
  NodeAddr?: string
  LocalNodeState?: string
  ControlAvailable?: boolean
  Error?: string
  RemoteManagers?: { NodeID: string; Addr: string }[] | null
}
export interface WireSwarm extends WireMeta {
  Spec: object
  JoinTokens: { Worker: string; Manager: string }
}

export interface WireNodeSpec {
  Name?: string
  Role: 'manager' | 'worker'
  Availability: 'active' | 'pause' | 'drain'
  Labels?: Record<string, string> | null
}
export interface WireNode extends WireMeta {
  Spec: WireNodeSpec
  Description?: { Hostname?: string; Platform?: { Architecture?: string; OS?: string }; Resources?: { NanoCPUs?: number; MemoryBytes?: number }; Engine?: { EngineVersion?: string } }
  Status?: { State?: string; Message?: string; Addr?: string }
  ManagerStatus?: { Leader?: boolean; Reachability?: string; Addr?: string } | null
}

export interface WirePort {
  Protocol?: string
  TargetPort?: number
  PublishedPort?: number
  PublishMode?: string
}
export interface WireFileUse {
  File?: { Name: string; UID: string; GID: string; Mode: number }
  SecretID?: string
  SecretName?: string
  ConfigID?: string
  ConfigName?: string
}
export interface WireContainerSpec {
  Image: string
  Labels?: Record<string, string> | null
  Command?: string[] | null
  Args?: string[] | null
  Hostname?: string
  Env?: string[] | null
  Dir?: string
  User?: string
  Groups?: string[] | null
  Init?: boolean | null
  StopSignal?: string
  TTY?: boolean
  ReadOnly?: boolean
  Mounts?: WireMountSpec[] | null
  StopGracePeriod?: number | null
  Healthcheck?: WireHealthcheck | null
  Hosts?: string[] | null
  DNSConfig?: { Nameservers?: string[] | null; Search?: string[] | null; Options?: string[] | null } | null
  Secrets?: WireFileUse[] | null
  Configs?: WireFileUse[] | null
  Sysctls?: Record<string, string> | null
  CapabilityAdd?: string[] | null
  CapabilityDrop?: string[] | null
  Ulimits?: { Name: string; Soft: number; Hard: number }[] | null
  [other: string]: unknown
}
interface WireResources {
  NanoCPUs?: number
  MemoryBytes?: number
  Pids?: number
}
export interface WireTaskSpec {
  ContainerSpec?: WireContainerSpec
  Resources?: { Limits?: WireResources; Reservations?: WireResources }
  RestartPolicy?: { Condition?: string; Delay?: number; MaxAttempts?: number; Window?: number }
  Placement?: { Constraints?: string[] | null; Preferences?: { Spread?: { SpreadDescriptor: string } }[] | null; MaxReplicas?: number; Platforms?: object[] | null }
  Networks?: { Target: string; Aliases?: string[] | null; DriverOpts?: Record<string, string> | null }[] | null
  LogDriver?: { Name: string; Options?: Record<string, string> | null }
  ForceUpdate?: number
  Runtime?: string
}
export interface WireUpdateConfig {
  Parallelism: number
  Delay?: number
  FailureAction?: string
  Monitor?: number
  MaxFailureRatio?: number
  Order?: string
}
export interface WireServiceSpec {
  Name: string
  Labels?: Record<string, string> | null
  TaskTemplate: WireTaskSpec
  Mode?: { Replicated?: { Replicas?: number }; Global?: object; ReplicatedJob?: object; GlobalJob?: object }
  UpdateConfig?: WireUpdateConfig
  RollbackConfig?: WireUpdateConfig
  EndpointSpec?: { Mode?: string; Ports?: WirePort[] | null }
  [other: string]: unknown
}
export interface WireService extends WireMeta {
  Spec: WireServiceSpec
  PreviousSpec?: WireServiceSpec | null
  Endpoint?: { Ports?: WirePort[] | null }
  UpdateStatus?: { State?: string; Message?: string } | null
}

export interface WireTask extends WireMeta {
  Spec: WireTaskSpec
  ServiceID: string
  NodeID?: string
  Slot?: number
  DesiredState: string
  Status: { Timestamp?: string; State: string; Message?: string; Err?: string; ContainerStatus?: { ContainerID?: string; ExitCode?: number } | null }
}

export interface WireFile extends WireMeta {
  Spec: { Name: string; Labels?: Record<string, string> | null; Data?: string }
}
