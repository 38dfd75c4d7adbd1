import type { MovePlan, MovePlanRequest, MoveRemark } from '#shared/contract/cluster-move.ts'
import type { ServiceDraft } from '#shared/contract/service-draft.ts'
import { EngineError } from '#shared/errors.ts'
import { findReference } from '#shared/oci/reference.ts'
import type { Connection } from '../../connection.ts'
import { ownRegistryOf, type LocalImage } from '../../copies/place-images.ts'
import { draftOfSettings, readContainerSettings, remarksOf, type ContainerSettings } from '../from-container.ts'
import { isPublic } from '../../registries/is-public.ts'
import { projectLabel, serviceLabel } from '../../wire/container.ts'
import { stackLabel } from '../read.ts'
import type { StackNetwork } from '../stack.ts'
import type { WireNode, WireService } from '../wire.ts'

type Engine = Pick<Connection, 'api' | 'summary' | 'hostFacts'>

/** A service to be, and the containers that it takes the place of. */
export interface MovedService {
  /** Within the stack. */
  key: string
  draft: ServiceDraft
  containers: { id: string; name: string }[]
  /** Its image as the engine here knows it, where no registry is known that has it. */
  local?: LocalImage
}
export interface MovedStack {
  services: MovedService[]
  networks: StackNetwork[]
  remarks: MoveRemark[]
}

const word = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '-').replace(/^[^a-z0-9]+/, '') || 'service'

/** What the containers would be on a cluster. Those of one compose service are one. */
export async function readMoved(source: Engine, { containers, stack }: MovePlanRequest, signal: AbortSignal): Promise<MovedStack> {
  if (containers.length === 0) throw new EngineError('invalid-argument', 'There is nothing to move.', { field: 'containers' })
  const read = await Promise.all(containers.map((id) => readContainerSettings(source.api, id, signal)))
  const groups = Map.groupBy(read, ({ container: { Config, Id } }) => (Config.Labels?.[projectLabel] && Config.Labels[serviceLabel]) || Id)
  const networks = new Map<string, StackNetwork>()
  const services = [...groups.values()].map((members) => movedService(stack, members, networks))
  return { services, networks: [...networks.values()], remarks: [...services.flatMap(({ key }, index) => remarksFor(key, [...groups.values()][index] ?? [])), ...sharedVolumes(services)] }
}

function movedService(stack: string, members: readonly ContainerSettings[], networks: Map<string, StackNetwork>): MovedService {
  const [{ settings, container, image }] = members as [ContainerSettings]
  const labels = container.Config.Labels ?? {}
  const project = labels[projectLabel]
  const key = word(labels[serviceLabel] ?? settings.name)
  /** Compose's names begin with the project's; the stack's take its place. */
  const renamed = (name: string) => `${stack}_${word(project && name.startsWith(`${project}_`) ? name.slice(project.length + 1) : name)}`
  const uses = settings.networks.filter(({ name }) => name !== 'bridge').map(({ name, aliases }) => {
    const network = renamed(name)
    networks.set(network, { name: network, external: false })
    return { network, aliases: [...new Set([key, settings.name, ...aliases])] }
  })
  const draft = draftOfSettings(settings)
  const reference = findReference(settings.image) ? settings.image : (image.RepoTags?.[0] ?? '')
  return {
    key,
    draft: {
      ...draft,
      name: `${stack}_${key}`,
      image: reference || settings.image,
      replicas: members.length,
      networks: uses,
      mounts: draft.mounts.map((mount) => (mount.kind === 'volume' && mount.source ? { ...mount, source: renamed(mount.source) } : mount)),
      labels: { [stackLabel]: stack, 'com.docker.stack.image': reference || settings.image },
      containerLabels: { ...draft.containerLabels, [stackLabel]: stack },
    },
    containers: members.map((member) => ({ id: member.container.Id, name: member.settings.name })),
    ...(!isPublic(reference, image) && { local: { id: container.Image, reference } }),
  }
}

function remarksFor(service: string, members: readonly ContainerSettings[]): MoveRemark[] {
  const [{ settings, image }] = members as [ContainerSettings]
  const { host } = settings
  const mounts = draftOfSettings(settings).mounts
  const hostAddresses = Object.values(host.PortBindings ?? {}).flatMap((places) => places ?? []).flatMap(({ HostIp }) => (HostIp && HostIp !== '0.0.0.0' && HostIp !== '::' ? HostIp : []))
  const remark = (weight: MoveRemark['weight'], kind: MoveRemark['kind'], what: string): MoveRemark => ({ weight, kind, what, service })
  return [
    ...mounts.flatMap((mount) => (mount.kind === 'bind' ? remark('loss', 'bind', mount.source) : mount.kind === 'volume' ? remark('loss', 'volume', mount.source ?? mount.target) : [])),
    ...(isPublic(settings.image, image) ? [] : [remark('change', 'build', settings.image)]),
    ...[...new Set(hostAddresses)].map((address) => remark('change', 'host-address', address)),
    ...(settings.networkMode ? [remark('change', 'network-mode', settings.networkMode)] : []),
    ...remarksOf(settings).map((option) => remark('change', 'option', option)),
  ]
}

/** Two services that share a volume here would each have another there, unless they land on one machine. */
function sharedVolumes(services: readonly MovedService[]): MoveRemark[] {
  const users = Map.groupBy(services.flatMap(({ key, draft }) => draft.mounts.flatMap((mount) => (mount.kind === 'volume' && mount.source ? { key, volume: mount.source } : []))), ({ volume }) => volume)
  return [...users].filter(([, some]) => new Set(some.map(({ key }) => key)).size > 1).flatMap(([volume, some]) => [...new Set(some.map(({ key }) => key))].map((service): MoveRemark => ({ weight: 'loss', kind: 'shared-volume', what: volume, service })))
}

export async function planMove(source: Engine, target: Engine, request: MovePlanRequest, signal: AbortSignal): Promise<MovePlan> {
  const [moved, nodes] = await Promise.all([readMoved(source, request, signal), target.api.json<WireNode[]>('GET', '/nodes', { signal }), refuseTaken(target, request.stack, signal)])
  const own = await ownRegistryOf(source, signal)
  return {
    stack: request.stack,
    services: moved.services.map(({ draft, containers }) => ({ name: draft.name, image: draft.image, replicas: draft.replicas, containers: containers.map(({ name }) => name) })),
    networks: moved.networks.map(({ name }) => name),
    volumes: [...new Set(moved.services.flatMap(({ draft }) => draft.mounts.flatMap((mount) => (mount.kind === 'volume' && mount.source ? mount.source : []))))],
    images: [...new Set(moved.services.flatMap(({ local }) => (local ? local.reference || local.id : [])))],
    remarks: moved.remarks,
    machines: nodes.filter(({ Spec, Status }) => Spec.Availability === 'active' && Status?.State === 'ready').length,
    ...(own && { own }),
  }
}

export async function refuseTaken({ api }: Pick<Engine, 'api'>, stack: string, signal: AbortSignal): Promise<void> {
  const services = await api.json<WireService[] | null>('GET', '/services', { query: { filters: JSON.stringify({ label: [`${stackLabel}=${stack}`] }) }, signal })
  if (services?.some(({ Spec }) => Spec.Labels?.[stackLabel] === stack)) throw new EngineError('already-exists', `The cluster has a stack named ${stack} already.`, { reason: 'stack-exists', field: 'stack', hint: 'Choose another name.' })
}
