import type { KeyedMutex } from '#base/keyed-mutex.ts'
import type { Collection } from '../../core/metadata/metadata-store.ts'
import type { NameDirectory } from '../../core/network/dns/directory.ts'
import type { NameServers } from '../../core/network/dns/name-servers.ts'
import type { Firewall } from '../../core/network/firewall/firewall.ts'
import type { Namespaces } from '../../core/network/namespace.ts'
import type { PortClaims } from '../../core/network/ports/port-claims.ts'
import type { PortMapping } from '../../core/network/sandbox.ts'
import type { AddressPools } from './address-pools.ts'
import type { Bridges } from './bridges.ts'
import type { NetworksContext } from './context.ts'
import type { NetworkStore } from './network-store.ts'
import type { Publisher } from './publisher.ts'
import type { SandboxRecord } from './sandbox-record.ts'

/** The parts that the verbs of this folder share. */
export interface NetworksState {
  context: NetworksContext
  store: NetworkStore
  sandboxes: Collection<SandboxRecord>
  pools: AddressPools
  bridges: Bridges
  firewall: Firewall
  claims: PortClaims
  /** Claimed for a container that is not connected yet. */
  reservations: Map<string, PortMapping[]>
  publisher: Publisher
  namespaces: Namespaces
  /** The kernel is as the records say: before that, nothing in it is touched. */
  restored: boolean
  warnings: readonly string[]
  nameServers: NameServers
  directory: NameDirectory
  /** One verb at a time per container, and one per `networks` for changes of the set of networks. */
  mutex: KeyedMutex
}
