import type { EngineFacts } from '#shared/contract/engine.ts'

/** What is used of GET /version. */
export interface WireVersion {
  Version: string
  ApiVersion: string
  Arch?: string
  KernelVersion?: string
  Platform?: { Name?: string }
  Components?: { Name: string }[] | null
}
/** What is used of GET /info. */
export interface WireInfo {
  OperatingSystem?: string
  Architecture?: string
  NCPU?: number
  MemTotal?: number
  Warnings?: string[] | null
  Swarm?: { LocalNodeState?: string; ControlAvailable?: boolean } | null
}

export const readFacts = (version: WireVersion, info: WireInfo, slipway: boolean): EngineFacts => ({
  product: slipway ? 'Slipway' : /podman/i.test(version.Components?.[0]?.Name ?? '') ? 'Podman' : 'Docker',
  version: version.Version,
  apiVersion: version.ApiVersion,
  operatingSystem: info.OperatingSystem ?? '',
  architecture: version.Arch ?? info.Architecture ?? '',
  kernel: version.KernelVersion ?? '',
  cpus: info.NCPU ?? 0,
  memoryBytes: info.MemTotal ?? 0,
  warnings: info.Warnings ?? [],
  slipway,
  ...(info.Swarm?.LocalNodeState === 'active' && { cluster: info.Swarm.ControlAvailable ? ('manager' as const) : ('worker' as const) }),
})
