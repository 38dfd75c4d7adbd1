import type { Endpoint, PortBinding, PortMapping, SandboxRequest } from '../../core/network/sandbox.ts'

/** The durable fact of a running container's network stack: what a restarted engine needs to take it up. */
export interface SandboxRecord extends Omit<SandboxRequest, 'endpoints' | 'ports' | 'sysctls'> {
  endpoints: EndpointRecord[]
  bindings: readonly PortBinding[]
  ports: PortMapping[]
  /** Endpoint ids of the default routes, once an endpoint has come or gone. */
  gateways?: { ipv4?: string; ipv6?: string }
}

export interface EndpointRecord extends Endpoint {
  /** Name of the veth's end on the host; undefined for drivers without one. */
  hostLink?: string
  /** What was asked for, for gateways to be chosen again. */
  internal: boolean
}

/** The endpoint without what is only ours to know. */
export function endpointOf({ hostLink: _hostLink, internal: _internal, ...endpoint }: EndpointRecord): Endpoint {
  return endpoint
}

/** Names that resolve to the container on a user network: its name, short id, hostname and aliases. */
export function dnsNamesFor(sandbox: Pick<SandboxRecord, 'containerId' | 'name' | 'hostname'>, aliases: readonly string[]): string[] {
  return [...new Set([sandbox.name, ...aliases, sandbox.containerId.slice(0, 12), sandbox.hostname].filter((name) => name !== ''))]
}

