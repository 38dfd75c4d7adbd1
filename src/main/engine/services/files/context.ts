import type { EventBus } from '../../core/events/event-bus.ts'
import type { Host } from '../../core/host/host.ts'
import type { Layers } from '../../core/layers/layers.ts'
import type { Leases } from '../../core/leases/leases.ts'
import type { Snapshotter } from '../../core/snapshots/snapshotter.ts'
import type { Layout } from '../../layout.ts'
import type { ContainerFacts, FilesNeeds } from './needs.ts'

/** What every verb takes. */
export interface FilesContext {
  host: Pick<Host, 'facts' | 'syscalls'>
  snapshots: Snapshotter
  layers: Layers
  leases: Leases
  layout: Layout
  events: EventBus
  clock: () => bigint
  needs: FilesNeeds
}

/** Has a process, and with it a view of its own of all that is mounted into it. */
export const isAlive = ({ state }: ContainerFacts): boolean => state.status === 'running' || state.status === 'paused'

/** Docker's container event: labels, image and name are attributes of every one. */
export function publishContainerEvent({ events }: Pick<FilesContext, 'events'>, container: ContainerFacts, action: string, attributes: Record<string, string> = {}): void {
  events.publish({ type: 'container', action, id: container.id, attributes: { ...container.config.Labels, image: container.config.Image ?? '', name: container.name, ...attributes } })
}

/** Paths in the container on which something is mounted that its user asked for. */
export const mountTargets = ({ mounts, host }: ContainerFacts): string[] => [...mounts.map(({ target }) => target), ...Object.keys(host.Tmpfs ?? {})]

/** Whether a walk goes on there: into what its user had mounted and what is mounted below that, not into /proc, /sys and /dev. */
export function crossing(container: ContainerFacts): (path: string) => boolean {
  const targets = mountTargets(container)
  return (path) => targets.some((target) => `/${path}` === target || `/${path}`.startsWith(`${target}/`))
}
