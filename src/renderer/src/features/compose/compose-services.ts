import type { ComposeDifference, ComposeService } from '#shared/contract/compose.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'

/** A service of the file and what runs of it. Without `service`: it runs and is not in the file. */
export interface ServiceState {
  name: string
  service?: ComposeService
  members: readonly ContainerSummary[]
  state?: ComposeDifference['state']
}

/** In the order of the file, then what runs and is not in it. */
export function serviceStates(services: readonly ComposeService[], containers: readonly ContainerSummary[], differences: readonly ComposeDifference[]): ServiceState[] {
  const names = new Map<string, ComposeService | undefined>(services.map((service) => [service.name, service]))
  for (const { compose } of containers) if (compose?.service && !names.has(compose.service)) names.set(compose.service, undefined)
  return [...names].map(([name, service]) => {
    const state = differences.find((each) => each.service === name)?.state
    return { name, members: containers.filter(({ compose }) => compose?.service === name), ...(service && { service }), ...(state && { state }) }
  })
}
