import type { NetworkRecord } from './network-record.ts'
import type { NetworksState } from './state.ts'

/** Tells that a container came to a network or left it. */
export function announce(state: NetworksState, networkId: string, action: 'connect' | 'disconnect', containerId: string): void {
  const network = state.store.find(networkId)
  if (network) state.context.events.publish({ type: 'network', action, id: networkId, attributes: { container: containerId, name: network.name, type: network.driver } })
}

export const announceNetwork = (state: NetworksState, network: NetworkRecord, action: 'create' | 'destroy' | 'remove'): void =>
  state.context.events.publish({ type: 'network', action, id: network.id, attributes: { name: network.name, type: network.driver } })
