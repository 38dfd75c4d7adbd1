import type { PortMapping } from '../../core/network/sandbox.ts'

/** What the system service requires of its siblings; engine/index.ts fills it in. */
export interface SystemNeeds {
  containers(): { running: number; paused: number; stopped: number }
  imageCount(): number
  networkDrivers: readonly string[]
  networkWarnings(): readonly string[]
  storageDriver: string
  defaultAddressPools(): { Base: string; Size: number }[]
  eventListeners(): number
  publishedPorts(): readonly (PortMapping & { containerId: string })[]
  /** First process of each running container → its id. */
  containersByPid(): ReadonlyMap<number, string>
}
