import type { ContainerSettings } from '#shared/contract/container-settings.ts'

/** The settings that can be changed live, of `wanted`, over everything else as it is now. */
export const settingsOnly = ({ name, networks, ports, restart, limits }: ContainerSettings, now: ContainerSettings): ContainerSettings => ({ ...now, name, networks, ports, restart, limits })
