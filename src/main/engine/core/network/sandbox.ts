/**
 * Networks: named segments that containers join.
 *
 * A **network** is made by a **driver** (bridge, macvlan, host, none). A **sandbox** is one container's network stack: a network
 * namespace of its own, pinned under the run root so that it outlives the engine. An **endpoint** joins one sandbox to one
 * network: a veth pair, addresses from the network's pools (IPAM), a MAC, names that resolve to it. A **port binding** is the user's wish
 * (ip:host:container/proto); a **port mapping** is what is installed in the kernel for it.
 *
 * The kernel is the only place where links and rules live; records (metadata) say what should be there. `restore` compares both after a
 * start and mends the difference. All rules are in one nftables table, `slipway`, which is rewritten atomically; no other program's
 * table is ever touched, and ours comes back when another flushed it. Names are answered at 127.0.0.11 inside each sandbox on a user network,
 * by sockets the engine opens there: nothing of a network is visible outside it.
 */
export interface SandboxRequest {
  containerId: string
  name: string
  hostname: string
  domainname?: string
  /** `none` has loopback only; `private` has endpoints. Host and container:ID modes need no sandbox of their own. */
  kind: 'none' | 'private'
  endpoints: EndpointRequest[]
  ports: PortBinding[]
  dns: { servers: string[]; search: string[]; options: string[] }
  /** `name:address` lines of --add-host; the address may be `host-gateway`. */
  extraHosts?: readonly string[]
  sysctls?: Record<string, string>
}

export interface EndpointRequest {
  /** Network id or name. */
  network: string
  aliases: string[]
  /** `container:alias` pairs of --link. */
  links?: string[]
  ipv4?: string
  ipv6?: string
  macAddress?: string
  driverOptions?: Record<string, string>
  /** Which endpoint gives the default route; the highest wins, ties by network name. */
  gatewayPriority?: number
}

/** What the endpoint turned out to be. */
export interface Endpoint {
  endpointId: string
  networkId: string
  networkName: string
  interfaceName: string
  macAddress: string
  ipv4?: { address: string; prefix: number; gateway?: string }
  ipv6?: { address: string; prefix: number; gateway?: string }
  aliases: string[]
  links?: string[]
  /** Every name that resolves to it on its network. */
  dnsNames: string[]
  driverOptions?: Record<string, string>
  gatewayPriority?: number
}

export interface PortBinding {
  protocol: 'tcp' | 'udp' | 'sctp'
  containerPort: number
  /** Empty: all interfaces, IPv4 and IPv6. */
  hostIp: string
  /** Undefined: a free one is chosen. A range [first, last]: the first free one in it. */
  hostPort?: number | readonly [number, number]
}
export interface PortMapping {
  protocol: 'tcp' | 'udp' | 'sctp'
  containerPort: number
  hostIp: string
  hostPort: number
}

export interface Sandbox {
  containerId: string
  /** Path of the network namespace, for the OCI spec. */
  namespacePath: string
  endpoints: Endpoint[]
  ports: PortMapping[]
  /** Texts of the container's own /etc/hosts and /etc/resolv.conf. Both change when an endpoint comes or goes. */
  files: NameFiles
}

export interface NameFiles {
  hosts: string
  resolvConf: string
}
