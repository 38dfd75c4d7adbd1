import { disconnectSandbox } from './disconnect-sandbox.ts'
import type { NetworksState } from './state.ts'

/** Leaves nothing of the engine in the kernel. Records stay: restoreNetworks makes from them what was there. */
export async function takeDownNetworks(state: NetworksState): Promise<void> {
  for (const { containerId } of state.sandboxes.list()) await disconnectSandbox(state, containerId)
  for (const bridge of state.bridges.noted()) await state.bridges.sweep(bridge)
  await state.firewall.remove()
}
