import type { NetworkFault } from '../../core/network/network-fault.ts'
import type { Endpoint, EndpointRequest, NameFiles, PortBinding, PortMapping, Sandbox, SandboxRequest } from '../../core/network/sandbox.ts'
import type { NetworkRecord } from './network-record.ts'

/**
 * What the engine offers about networks: the records users make, and the sandboxes of running containers that join them.
 *
 * A sandbox lives as long as its container runs: connectSandbox at its start, disconnectSandbox after its exit. For a stopped container
 * nothing of it exists but what the container's own record says. Network references are names, ids or id prefixes.
 */
export interface Networks extends NetworkRecords, Sandboxes, AsyncDisposable {
  /** Refuses what the network could never give a container. An unknown network is nothing: it may be there by the time of the start. @throws invalid-argument. */
  checkEndpoint(request: EndpointRequest, options?: { joining?: boolean }): void
  /** Takes bridges, sandboxes and rules out of the kernel when no container runs any more; the records stay, and `restore` of the next engine makes it all again. */
  takeDown(): Promise<void>
  /**
   * Run once before anything else: makes the predefined networks, compares records with the kernel, takes up the sandboxes of the
   * containers that run, and removes what dead ones left.
   */
  restore(liveContainerIds: Iterable<string>): Promise<void>
  /** Where the kernel is not as the records say, for containers that run. */
  faults(isLive: (containerId: string) => boolean): Promise<NetworkFault[]>
  /** Puts right what {@link faults} finds, as far as it can be under running containers; the rest is in the log. */
  mend(isLive: (containerId: string) => boolean): Promise<void>
  /** What on this machine stands in the way of containers, as found at the start and at the last change of networks. */
  readonly warnings: readonly string[]
}

export interface NetworkRecords {
  /** @throws already-exists, invalid-argument, forbidden (overlap). */
  create(request: NetworkCreate): Promise<{ id: string; warning: string }>
  /** @throws not-found; invalid-argument when a prefix is ambiguous. */
  get(reference: string): NetworkView
  list(filters?: NetworkFilters): NetworkView[]
  /** What a stopped container says of a network it will join; undefined when there is none. `names`: its containers find each other by name. */
  describe(reference: string): { id: string; names: boolean } | undefined
  /** @throws not-found; forbidden for a predefined network and one with active endpoints. */
  remove(reference: string): Promise<void>
  /** Removes every unused network that the filters leave; returns the names. */
  prune(filters?: NetworkFilters): Promise<string[]>
}

export interface Sandboxes {
  /**
   * Cheap refusal before anything is made, and a claim until the reservation is disposed or the container's sandbox is disconnected.
   * @throws conflict (port-allocated) when another container, or another program of this machine, has the port.
   */
  reservePorts(containerId: string, bindings: readonly PortBinding[]): Promise<PortReservation>
  /** Makes the container's network stack. Uses ports reserved before; reserves them itself otherwise. Undone wholly on failure. */
  connectSandbox(request: SandboxRequest): Promise<Sandbox>
  /** Removes it with its ports and addresses; an absent one is nothing. */
  disconnectSandbox(containerId: string): Promise<void>
  findSandbox(containerId: string): Sandbox | undefined
  /** The same by the container's name, its id or what begins no other's id. */
  findSandboxOf(container: string): Sandbox | undefined
  /** Every port mapping in force, with whose it is. */
  publishedPorts(): (PortMapping & { containerId: string })[]
  /** Joins a running container's sandbox to one more network. @throws already-exists when it is on it. */
  connectEndpoint(containerId: string, request: EndpointRequest): Promise<Endpoint>
  /** Its opposite. @throws not-found when it is not on that network. */
  disconnectEndpoint(containerId: string, network: string): Promise<void>
  /** Replaces the port mappings of a running container at once; a mapping in both the old and the new list is never interrupted. */
  updatePorts(containerId: string, bindings: readonly PortBinding[]): Promise<PortMapping[]>
  /** Names that resolve to the container follow its new name. */
  renameSandbox(containerId: string, name: string): void
  /** /etc/hosts and /etc/resolv.conf for a container in the host's own network. */
  hostModeFiles(request: Pick<SandboxRequest, 'hostname' | 'dns' | 'extraHosts'>): Promise<NameFiles>
}

export interface PortReservation extends Disposable {
  readonly containerId: string
  readonly mappings: readonly PortMapping[]
}

export interface NetworkCreate {
  name: string
  driver?: string
  internal?: boolean
  attachable?: boolean
  ipv4?: boolean
  ipv6?: boolean
  ipam?: { driver?: string; options?: Record<string, string>; config?: readonly AddressPlan[] }
  options?: Record<string, string>
  labels?: Record<string, string>
  configOnly?: boolean
  configFrom?: string
}

/** One subnet of a network, as the user asked for it. */
export interface AddressPlan {
  subnet?: string
  ipRange?: string
  gateway?: string
  /** Name → address that no container gets. */
  auxiliaryAddresses?: Record<string, string>
}

/** `dangling`, `driver`, `id`, `label`, `name`, `scope`, `type`; for prune `label`, `label!`, `until`. */
export type NetworkFilters = Readonly<Record<string, readonly string[]>>

export interface NetworkView extends NetworkRecord {
  /** Endpoints of the containers that run on it now. */
  containers: NetworkMember[]
}
export interface NetworkMember {
  containerId: string
  name: string
  endpointId: string
  macAddress: string
  /** With prefix length; empty when it has none. */
  ipv4Address: string
  ipv6Address: string
}
