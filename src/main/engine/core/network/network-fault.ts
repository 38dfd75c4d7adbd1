/** Where the kernel is not as the records say. Containers and networks by their names. */
export type NetworkFault =
  | { kind: 'namespace-gone'; container: string; containerId: string }
  | { kind: 'interface-gone'; container: string; containerId: string; network: string; endpointId: string }
  | { kind: 'address-gone'; container: string; containerId: string; network: string; endpointId: string; address: string }
  /** The end of its cable on the host is not in the network's bridge. */
  | { kind: 'cable-loose'; container: string; containerId: string; network: string; endpointId: string }
  | { kind: 'bridge-gone'; network: string; bridge: string }
  | { kind: 'bridge-address-gone'; network: string; bridge: string; address: string }
  | { kind: 'rules-gone' }
  /** `changes`: what is not there, or should not be, as nft shows it. */
  | { kind: 'rules-changed'; changes: string[] }
  | { kind: 'port-gone'; container: string; port: string }
  /** The port driver listens there for no container that is recorded to have it published. */
  | { kind: 'stray-forward'; name: string }
  | { kind: 'stray-bridge' | 'stray-cable' | 'stray-namespace'; name: string }
