import type { ContainerMount, ContainerSummary } from '#shared/contract/containers.ts'

/** A volume that nobody named has a name of 64 hex digits. */
export const isAnonymous = ({ kind, source }: ContainerMount): boolean => kind === 'volume' && /^[0-9a-f]{64}$/.test(source)

/** How many volumes go with these containers unless kept. */
export const anonymousVolumes = (containers: readonly ContainerSummary[]): number => containers.flatMap(({ mounts }) => mounts.filter(isAnonymous)).length
