import { messageOf } from '#shared/errors.ts'
import { forgetEndpoint, releaseAddresses } from './endpoints.ts'
import { announce } from './network-events.ts'
import type { NetworksState } from './state.ts'

/** Takes a container's network stack down, as far as it is there. A step that fails is told and does not keep the others from happening. */
export async function disconnectSandbox(state: NetworksState, containerId: string, { keepReservation = false } = {}): Promise<void> {
  const record = state.sandboxes.find(containerId)
  const attempt = async (what: string, work: () => unknown) => {
    try {
      await work()
    } catch (error) {
      state.context.log(`network: ${what} of ${containerId.slice(0, 12)}: ${messageOf(error)}`)
    }
  }
  state.nameServers.close(containerId)
  if (!keepReservation) releaseReservation(state, containerId)
  if (record) {
    const { endpoints, ports, gateways: current } = record
    for (const endpoint of endpoints) state.directory.remove(endpoint.networkId, containerId)
    await Promise.all([
      attempt('unpublish ports', () => state.publisher.withdraw({ endpoints, mappings: ports, current })),
      ...endpoints.map((endpoint) => attempt('forget addresses', () => forgetEndpoint(state, endpoint))),
    ])
  }
  await attempt('remove the namespace', () => state.namespaces.remove(containerId))
  if (!record) return
  for (const endpoint of record.endpoints) releaseAddresses(state, endpoint)
  state.claims.release(record.ports)
  state.sandboxes.delete(containerId)
  for (const endpoint of record.endpoints) announce(state, endpoint.networkId, 'disconnect', containerId)
}

export function releaseReservation(state: NetworksState, containerId: string): void {
  state.claims.release(state.reservations.get(containerId) ?? [])
  state.reservations.delete(containerId)
}
