import { EngineError } from '#shared/errors.ts'
import type { Platform } from '#shared/oci/platform.ts'
import type { ContainerConfig, EndpointSettings, HostConfig } from '../../services/containers/config.ts'
import type { CreateRequest } from '../../services/containers/create.ts'

export interface CreateBody extends Omit<ContainerConfig, 'Cmd' | 'Entrypoint'> {
  Cmd?: string[] | string | null
  Entrypoint?: string[] | string | null
  HostConfig?: HostConfig | null
  NetworkingConfig?: { EndpointsConfig?: Record<string, EndpointSettings | null> | null } | null
}

const LISTS = ['Env', 'OnBuild', 'Shell'] as const
const MAPS = ['ExposedPorts', 'Volumes', 'Labels'] as const
const HOST_LISTS = ['Binds', 'VolumesFrom', 'CapAdd', 'CapDrop', 'Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'GroupAdd', 'Links', 'SecurityOpt', 'Devices', 'DeviceCgroupRules', 'Ulimits', 'Mounts', 'MaskedPaths', 'ReadonlyPaths'] as const
const HOST_MAPS = ['PortBindings', 'Tmpfs', 'Sysctls', 'StorageOpt', 'Annotations'] as const
const HOST_NUMBERS = ['Memory', 'MemorySwap', 'MemoryReservation', 'NanoCpus', 'CpuShares', 'CpuPeriod', 'CpuQuota', 'PidsLimit', 'ShmSize', 'OomScoreAdj', 'BlkioWeight', 'MemorySwappiness'] as const

/** Docker's create body in our words. @throws invalid-argument when a field is of the wrong kind. */
export function parseCreateBody(body: CreateBody, name: string | undefined, platform: Platform | undefined): CreateRequest {
  const { HostConfig, NetworkingConfig, ...rest } = body
  const config: ContainerConfig = { ...rest, Cmd: wordList('Cmd', rest.Cmd), Entrypoint: wordList('Entrypoint', rest.Entrypoint) }
  const host = HostConfig ?? {}
  for (const field of LISTS) check(field, config[field], Array.isArray)
  for (const field of MAPS) check(field, config[field], isMap)
  for (const field of HOST_LISTS) check(field, host[field], Array.isArray)
  for (const field of HOST_MAPS) check(field, host[field], isMap)
  for (const field of HOST_NUMBERS) check(field, host[field], (value) => Number.isSafeInteger(value))
  const asked = Object.entries(NetworkingConfig?.EndpointsConfig ?? {}).map(([network, settings]) => [network, settings ?? {}] as const)
  return { name, platform, config, host, endpoints: Object.fromEntries(asked) }
}

/** Docker takes one string for a list of one. */
function wordList(field: string, value: string[] | string | null | undefined): string[] | null | undefined {
  const list = typeof value === 'string' ? [value] : value
  check(field, list, (words) => Array.isArray(words) && words.every((word) => typeof word === 'string'))
  return list
}

const isMap = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

function check(field: string, value: unknown, fits: (value: unknown) => boolean): void {
  if (value !== undefined && value !== null && !fits(value)) throw new EngineError('invalid-argument', `invalid JSON: ${field} has the wrong type`, { field })
}
