/** The durable fact of a network. */
export interface NetworkRecord {
  id: string
  name: string
  driver: NetworkDriver
  createdAt: string
  scope: 'local'
  internal: boolean
  attachable: boolean
  ipv4: boolean
  ipv6: boolean
  ipamDriver: string
  ipamOptions: Record<string, string>
  subnets: Subnet[]
  options: Record<string, string>
  labels: Record<string, string>
  /** Only settings for others, by {@link configFrom}: nothing of it is in the kernel. */
  configOnly?: true
  /** Name of the network its settings came from. */
  configFrom?: string
}

export type NetworkDriver = 'bridge' | 'macvlan' | 'ipvlan' | 'host' | 'null'

export interface Subnet {
  /** CIDR in canonical form. */
  subnet: string
  gateway?: string
  ipRange?: string
  auxiliaryAddresses?: Record<string, string>
  /** Found by us, not asked for: who wants an address of his own has to ask for a subnet first. */
  chosen?: true
}

/** Made by the engine, never by a user; cannot be removed. */
export const PREDEFINED = ['bridge', 'host', 'none'] as const
export const isPredefined = (name: string): boolean => (PREDEFINED as readonly string[]).includes(name)
