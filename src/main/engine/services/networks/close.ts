import { messageOf } from '#shared/errors.ts'
import type { NetworksState } from './state.ts'

/** Lets go of everything. While containers run, their networks stay; otherwise the kernel is left as it was found. */
export async function closeNetworks(state: NetworksState): Promise<void> {
  for (const { containerId } of state.sandboxes.list()) state.nameServers.close(containerId)
  await state.firewall.settled()
  state.firewall[Symbol.dispose]()
  if (!state.restored || state.sandboxes.size > 0) return
  const attempt = (work: Promise<unknown>) => work.catch((error: unknown) => state.context.log(`network: ${messageOf(error)}`))
  for (const bridge of state.bridges.noted()) await attempt(state.bridges.sweep(bridge))
  await attempt(state.firewall.remove())
}
