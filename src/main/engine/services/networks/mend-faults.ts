import { messageOf } from '#shared/errors.ts'
import { removeLinkNamed } from '../../core/network/bridge.ts'
import type { NetworkFault } from '../../core/network/network-fault.ts'
import { unplug } from '../../core/network/plug.ts'
import { currentGateway } from './connect-endpoint.ts'
import { plugEndpoint } from './endpoints.ts'
import { bridgesOf, findFaults, lostInterfaces, rejoinLoose } from './faults.ts'
import { gatewayEndpoint } from './gateway.ts'
import type { SandboxRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/** Makes the kernel what the records say, as far as that can be done under running containers. What is as it should be is not touched. */
export async function mendFaults(state: NetworksState, isLive: (containerId: string) => boolean): Promise<void> {
  const attempt = (work: Promise<unknown>) => work.catch((error: unknown) => state.context.log(`network: ${messageOf(error)}`))
  const live = state.sandboxes.list().filter(({ containerId }) => isLive(containerId))
  for (const bridge of bridgesOf(state)) await attempt(state.bridges.ensure(bridge, { again: true }))
  // Not from the records: a container that is being connected has no record yet.
  await attempt(state.firewall.rewrite())
  await attempt(state.publisher.mend())
  await attempt(rejoinLoose(state, live))
  for (const fault of await findFaults(state, isLive)) await attempt(mend(state, fault))
}

/** Plugs what containers are recorded to have and have not. */
export async function replugLost(state: NetworksState, live: readonly SandboxRecord[]): Promise<void> {
  for (const fault of await lostInterfaces(state, live)) await mend(state, fault).catch((error: unknown) => state.context.log(`network: ${messageOf(error)}`))
}

async function mend(state: NetworksState, fault: NetworkFault): Promise<void> {
  if (fault.kind === 'interface-gone' || fault.kind === 'address-gone') await state.mutex.run(`container ${fault.containerId}`, () => plugAgain(state, fault.containerId, fault.endpointId))
  else if (fault.kind === 'stray-bridge') await state.bridges.sweep(fault.name)
  else if (fault.kind === 'stray-cable') await removeLinkNamed(state.context.host, fault.name)
  else if (fault.kind === 'stray-namespace') await state.namespaces.remove(fault.name)
}

async function plugAgain(state: NetworksState, containerId: string, endpointId: string): Promise<void> {
  const sandbox = state.sandboxes.find(containerId)
  const endpoint = sandbox?.endpoints.find((each) => each.endpointId === endpointId)
  if (!sandbox || !endpoint) return
  const path = state.namespaces.pathOf(containerId)
  // Either end takes the other with it; what is not there needs no removal.
  await unplug(state.context.host, path, endpoint.interfaceName).catch(() => {})
  if (endpoint.hostLink !== undefined) await removeLinkNamed(state.context.host, endpoint.hostLink)
  await plugEndpoint(state, path, endpoint, defaultsOf(sandbox, endpointId))
}

const defaultsOf = (sandbox: SandboxRecord, endpointId: string) => ([4, 6] as const).filter((family) => gatewayEndpoint(sandbox.endpoints, family, currentGateway(sandbox, family))?.endpointId === endpointId)
