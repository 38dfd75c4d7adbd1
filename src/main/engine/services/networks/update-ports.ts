import type { PortBinding, PortMapping } from '../../core/network/sandbox.ts'
import { currentGateway, getSandbox } from './connect-endpoint.ts'
import { withHostBinding } from './connect-sandbox.ts'
import type { NetworksState } from './state.ts'

/**
 * Gives a running container other port mappings. New ports are claimed before anything changes; then all of the change happens in one
 * transaction of the firewall, and a mapping that stays is not touched.
 */
export async function updatePorts(state: NetworksState, containerId: string, bindings: readonly PortBinding[]): Promise<PortMapping[]> {
  const sandbox = getSandbox(state, containerId)
  const { endpoints } = sandbox
  const current = { ipv4: currentGateway(sandbox, 4), ipv6: currentGateway(sandbox, 6) }
  await using undo = new AsyncDisposableStack()
  const claimed = await state.claims.claim(containerId, withHostBinding(state, bindings, endpoints), sandbox.ports)
  undo.defer(() => {
    state.claims.release(claimed)
    state.claims.adopt(containerId, sandbox.ports)
  })
  const ports = state.publisher.feasible({ endpoints, mappings: claimed, current })
  await state.publisher.change({ endpoints, mappings: sandbox.ports, current }, { endpoints, mappings: ports, current })
  state.sandboxes.put(containerId, { ...sandbox, bindings, ports })
  undo.move()
  state.claims.release(new Set(claimed).difference(new Set(ports)))
  return ports
}
