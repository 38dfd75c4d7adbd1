import type { ContainerId } from '#shared/contract/containers.ts'
import { EngineError } from '#shared/errors.ts'
import { readContainerSettings, type ContainerSettings } from '../cluster/from-container.ts'
import { isPublic } from '../registries/is-public.ts'
import type { EngineApi } from '../engine-api.ts'
import { projectLabel, serviceLabel } from '../wire/container.ts'
import { workloadOf, type Workload } from './workload.ts'

/** Containers as they are. Those of one compose service are one workload; what compose knew beyond is in its labels. */
export async function workloadsOfContainers(api: EngineApi, ids: readonly ContainerId[], signal: AbortSignal): Promise<Workload[]> {
  if (ids.length === 0) throw new EngineError('invalid-argument', 'There is nothing to write down.', { field: 'containers' })
  const read = await Promise.all(ids.map((id) => readContainerSettings(api, id, signal)))
  const projects = new Set(read.map(({ container }) => container.Config.Labels?.[projectLabel]))
  const groups = [...Map.groupBy(read, ({ container: { Config, Id } }) => `${Config.Labels?.[projectLabel] ?? Id}/${Config.Labels?.[serviceLabel] ?? Id}`).values()]
  const awaited = new Set(groups.flatMap(([first]) => needsOf(first!).flatMap(({ service, condition }) => (condition === 'service_completed_successfully' ? service : []))))
  return groups.map((members) => workloadOfMembers(members, projects.size === 1 && groups.length > 1, awaited))
}

const needsOf = ({ container }: ContainerSettings): Workload['dependsOn'] =>
  (container.Config.Labels?.['com.docker.compose.depends_on'] ?? '').split(',').filter(Boolean).map((entry) => ({ service: entry.split(':')[0] ?? '', condition: entry.split(':')[1] ?? '' }))

/** One by itself is written as one; several of a project reach each other by name. */
function workloadOfMembers(members: readonly ContainerSettings[], together: boolean, awaited: ReadonlySet<string>): Workload {
  const [first] = members as [ContainerSettings]
  const { settings, container, image } = first
  const labels = container.Config.Labels ?? {}
  const [project, service] = [labels[projectLabel], labels[serviceLabel]]
  const local = !isPublic(settings.image, image)
  if (!together || project === undefined || service === undefined) return workloadOf(settings, { local })
  // Compose names them after project and service, unless somebody named one; the first are no names that others use.
  const given = members.map((member) => member.settings.name).filter((name) => !name.startsWith(`${project}-${service}-`))
  const usual = new Set([service, ...members.map((member) => member.settings.name)])
  const aliases = [...new Set([...given, ...settings.networks.flatMap((network) => network.aliases.filter((alias) => !usual.has(alias)))])].filter((alias) => alias !== service)
  return workloadOf(
    { ...settings, name: service, exposed: [...new Set([...settings.exposed, ...Object.keys(image.Config?.ExposedPorts ?? {})])] },
    { project, replicas: members.length, aliases, dependsOn: needsOf(first), local, ...(awaited.has(service) && { ends: true }) },
  )
}
