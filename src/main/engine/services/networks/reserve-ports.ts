import type { PortBinding } from '../../core/network/sandbox.ts'
import { releaseReservation } from './disconnect-sandbox.ts'
import type { PortReservation } from './networks-service.ts'
import type { NetworksState } from './state.ts'

/** Claims ports for a container that is about to be made. Disposing gives back what no sandbox has taken over. */
export async function reservePorts(state: NetworksState, containerId: string, bindings: readonly PortBinding[]): Promise<PortReservation> {
  releaseReservation(state, containerId)
  // What the container's own sandbox has from before is not in its way.
  const mappings = await state.claims.claim(containerId, bindings, state.sandboxes.find(containerId)?.ports ?? [])
  state.reservations.set(containerId, mappings)
  return {
    containerId,
    mappings,
    [Symbol.dispose]() {
      if (state.reservations.get(containerId) === mappings) releaseReservation(state, containerId)
    },
  }
}
