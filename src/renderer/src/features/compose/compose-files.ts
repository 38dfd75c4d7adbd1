import type { ContainerSummary } from '#shared/contract/containers.ts'

/** The compose files that a container was made from, as docker compose noted them; none of one that compose did not make. */
export const composeFilesOf = ({ labels }: Pick<ContainerSummary, 'labels'>): string[] => (labels['com.docker.compose.project.config_files'] ?? '').split(',').filter(Boolean)
