import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { LogSelection, LogSource } from '#shared/contract/logs.ts'

/** Whether a container belongs to what was chosen. What runs no more stays with what it has written. */
export function isChosen({ id, name, compose, state }: ContainerSummary, { containers, projects, running }: LogSelection): boolean {
  if (containers.some((chosen) => chosen === id || chosen === name)) return true
  if (compose && projects.includes(compose.project)) return true
  return running && (state.status === 'running' || state.status === 'paused' || state.status === 'restarting')
}

export const sourceOf = ({ id, name }: ContainerSummary): LogSource => ({ id, name })

/** Those there are now, in an order that does not change: the same selection gives the same order of lines of the same time. */
export const chosenOf = (containers: readonly ContainerSummary[], selection: LogSelection): LogSource[] =>
  containers
    .filter((container) => isChosen(container, selection))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(sourceOf)
