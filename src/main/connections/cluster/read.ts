import type { ClusterFile, ClusterNode, ClusterService, ClusterTask, TaskState, UpdateState } from '#shared/contract/cluster.ts'
import type { Protocol } from '#shared/contract/containers.ts'
import type { PublishedPort } from '#shared/contract/service-draft.ts'
import type { WireFile, WireNode, WirePort, WireService, WireTask } from './wire.ts'

/** As `docker stack` marks what belongs to a stack; so that both see the same ones. */
export const stackLabel = 'com.docker.stack.namespace'

const nodeStates = ['ready', 'down', 'disconnected'] as const

export function readNode({ ID, Spec, Description, Status, ManagerStatus }: WireNode): ClusterNode {
  const { Platform = {}, Resources = {}, Engine = {} } = Description ?? {}
  return {
    id: ID,
    name: Spec.Name || Description?.Hostname || ID,
    role: Spec.Role,
    availability: Spec.Availability,
    state: nodeStates.find((state) => state === Status?.State) ?? 'unknown',
    ...(Status?.Message && { message: Status.Message }),
    address: Status?.Addr ?? '',
    leader: ManagerStatus?.Leader ?? false,
    reachable: Spec.Role === 'worker' || ManagerStatus?.Reachability === 'reachable',
    labels: Spec.Labels ?? {},
    cpus: Math.round((Resources.NanoCPUs ?? 0) / 1e7) / 100,
    memoryBytes: Resources.MemoryBytes ?? 0,
    engine: Engine.EngineVersion ?? '',
    platform: [Platform.OS, Platform.Architecture].filter(Boolean).join('/'),
  }
}

export function readService({ ID, Spec, PreviousSpec, Endpoint, UpdateStatus, CreatedAt, UpdatedAt }: WireService): ClusterService {
  const container = Spec.TaskTemplate.ContainerSpec
  const [image = '', digest] = (container?.Image ?? '').split('@')
  const stack = Spec.Labels?.[stackLabel]
  const { Replicated, Global } = Spec.Mode ?? {}
  return {
    id: ID,
    name: Spec.Name,
    ...(stack && { stack }),
    image,
    ...(digest && { digest }),
    mode: Replicated ? 'replicated' : Global ? 'global' : 'job',
    ...(Replicated && { replicas: Replicated.Replicas ?? 0 }),
    ports: readPublished(Endpoint?.Ports?.length ? Endpoint.Ports : (Spec.EndpointSpec?.Ports ?? [])),
    createdAt: Date.parse(CreatedAt),
    updatedAt: Date.parse(UpdatedAt),
    ...(UpdateStatus?.State && { update: { state: UpdateStatus.State as UpdateState, ...(UpdateStatus.Message && { message: UpdateStatus.Message }) } }),
    previous: !!PreviousSpec,
    secrets: (container?.Secrets ?? []).flatMap(({ SecretName }) => SecretName ?? []),
    configs: (container?.Configs ?? []).flatMap(({ ConfigName }) => ConfigName ?? []),
  }
}

export const readPublished = (ports: readonly WirePort[]): PublishedPort[] =>
  ports
    .map(({ TargetPort = 0, PublishedPort, Protocol: protocol, PublishMode }): PublishedPort => ({ target: TargetPort, ...(PublishedPort && { published: PublishedPort }), protocol: (protocol || 'tcp') as Protocol, mode: PublishMode === 'host' ? 'host' : 'ingress' }))
    .sort((a, b) => a.target - b.target)

/** States in which a task does nothing any more. */
export const ended: ReadonlySet<string> = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned'])

/** `service` tells whether the task is by the settings of now; all of a service's tasks copy its template whole. */
export function readTask({ ID, Spec, ServiceID, NodeID, Slot, DesiredState, Status }: WireTask, service: WireService | undefined): ClusterTask {
  const { ContainerID, ExitCode } = Status.ContainerStatus ?? {}
  return {
    id: ID,
    service: ServiceID,
    ...(NodeID && { node: NodeID }),
    ...(Slot && { slot: Slot }),
    state: Status.State as TaskState,
    wanted: !ended.has(DesiredState),
    current: !service || sameTemplate(Spec, service.Spec.TaskTemplate),
    at: Status.Timestamp ? Date.parse(Status.Timestamp) : 0,
    ...(Status.Message && { message: Status.Message }),
    ...(Status.Err && { error: Status.Err }),
    ...(ended.has(Status.State) && ContainerID && ExitCode !== undefined && { exitCode: ExitCode }),
    ...(ContainerID && { container: ContainerID }),
  }
}

/** What a task is made of. Networks and restart policy are written down more fully in a task than in its service. */
const sameTemplate = (task: WireTask['Spec'], template: WireTask['Spec']): boolean => essence(task) === essence(template)
const essence = ({ ContainerSpec, Resources, Placement, ForceUpdate }: WireTask['Spec']) => JSON.stringify([ContainerSpec, Resources, Placement, ForceUpdate ?? 0])

export function readFile({ ID, CreatedAt, Spec }: WireFile): ClusterFile {
  const stack = Spec.Labels?.[stackLabel]
  return { id: ID, name: Spec.Name, ...(stack && { stack }), createdAt: Date.parse(CreatedAt) }
}
