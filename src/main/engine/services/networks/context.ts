import type { EventBus } from '../../core/events/event-bus.ts'
import type { Host } from '../../core/host/host.ts'
import type { SubnetPool } from '../../core/network/ipam/subnets.ts'
import type { MetadataStore } from '../../core/metadata/metadata-store.ts'

/** What createNetworks takes; engine/index.ts has all of it. */
export interface NetworksContext {
  host: Host
  metadata: MetadataStore
  events: EventBus
  /** Folder for pinned network namespaces: layout.networkNamespaces. */
  namespaces: string
  /** Tells this engine's bridge and firewall table from another's on the same machine; empty for the machine's own engine. */
  instance: string
  /** File that this engine holds a lock on while it lives (layout.lockFile): bridges say by it whose they are. */
  lockFile: string
  /** Where subnets come from when none is named; Docker's own when left out. */
  addressPools?: readonly SubnetPool[]
  log: (line: string) => void
}
