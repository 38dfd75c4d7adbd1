import { parseAddress } from '../../core/network/ipam/address.ts'
import type { PortMapping } from '../../core/network/sandbox.ts'
import type { PublishedPort } from '../../core/network/firewall/ruleset.ts'
import type { EndpointRecord } from './sandbox-record.ts'

/**
 * The endpoint whose gateway is the sandbox's default route: the highest priority, ties by network name. While the container runs, the one
 * that is in use stays unless another has a higher priority, because moving it would break connections that are open.
 */
export function gatewayEndpoint(endpoints: readonly EndpointRecord[], family: 4 | 6, current?: string): EndpointRecord | undefined {
  const candidates = endpoints.filter((endpoint) => !endpoint.internal && addressOf(endpoint, family)?.gateway !== undefined)
  const priority = (endpoint: EndpointRecord) => endpoint.gatewayPriority ?? 0
  return candidates.toSorted(
    (one, other) => priority(other) - priority(one) || Number(other.endpointId === current) - Number(one.endpointId === current) || (one.networkName < other.networkName ? -1 : 1),
  )[0]
}

export const addressOf = (endpoint: EndpointRecord, family: 4 | 6) => (family === 4 ? endpoint.ipv4 : endpoint.ipv6)

/** Where the firewall is to send what arrives at the container's ports. A mapping of a family that the container has no way out with leads nowhere. */
export function publishedPorts(mappings: readonly PortMapping[], targets: { ipv4?: EndpointRecord; ipv6?: EndpointRecord }): PublishedPort[] {
  return mappings.flatMap((mapping) => {
    const host = parseAddress(mapping.hostIp)
    const target = host.family === 4 ? targets.ipv4?.ipv4?.address : targets.ipv6?.ipv6?.address
    if (target === undefined) return []
    return [{ protocol: mapping.protocol, hostAddress: host.value === 0n ? undefined : host, hostPort: mapping.hostPort, target: parseAddress(target), targetPort: mapping.containerPort }]
  })
}
