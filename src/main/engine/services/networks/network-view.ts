import type { NetworkRecord } from './network-record.ts'
import type { NetworkMember, NetworkView } from './networks-service.ts'
import type { SandboxRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/** A network with the containers that run on it. */
export const viewOf = (state: NetworksState, network: NetworkRecord): NetworkView => ({ ...network, containers: membersByNetwork(state).get(network.id) ?? [] })

/** All of them, with one look at the sandboxes. */
export function viewAll(state: NetworksState): NetworkView[] {
  const members = membersByNetwork(state)
  return state.store.list().map((network) => ({ ...network, containers: members.get(network.id) ?? [] }))
}

function membersByNetwork(state: NetworksState): Map<string, NetworkMember[]> {
  const members = state.sandboxes.list().flatMap((sandbox) => membershipsOf(sandbox))
  return new Map([...Map.groupBy(members, ({ networkId }) => networkId)].map(([networkId, group]) => [networkId, group.map(({ member }) => member)]))
}

function membershipsOf({ containerId, name, endpoints }: SandboxRecord) {
  return endpoints.map((endpoint) => ({
    networkId: endpoint.networkId,
    member: { containerId, name, endpointId: endpoint.endpointId, macAddress: endpoint.macAddress, ipv4Address: withPrefix(endpoint.ipv4), ipv6Address: withPrefix(endpoint.ipv6) },
  }))
}
const withPrefix = (given: { address: string; prefix: number } | undefined) => (given ? `${given.address}/${given.prefix}` : '')
