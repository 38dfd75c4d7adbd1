import { EngineError } from '#shared/errors.ts'
import { parseAddress } from '../../core/network/ipam/address.ts'
import { setDefaultRoute, unplug } from '../../core/network/plug.ts'
import type { Endpoint, EndpointRequest } from '../../core/network/sandbox.ts'
import { checkEndpoint } from './check-endpoint.ts'
import { openNameServer } from './connect-sandbox.ts'
import { forgetEndpoint, planEndpoint, plugEndpoint, releaseAddresses } from './endpoints.ts'
import { addressOf, gatewayEndpoint } from './gateway.ts'
import { hasNames, nameEntryOf, needsNameServer } from './names.ts'
import { announce } from './network-events.ts'
import { endpointOf, type EndpointRecord, type SandboxRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/** Joins a running container to one more network. The caller holds the container's lock. */
export async function connectEndpoint(state: NetworksState, containerId: string, request: EndpointRequest): Promise<Endpoint> {
  const sandbox = getSandbox(state, containerId)
  const network = state.store.get(request.network)
  checkEndpoint(network, request)
  if (sandbox.endpoints.some(({ networkId }) => networkId === network.id))
    throw new EngineError('forbidden', `endpoint with name ${sandbox.name} already exists in network ${network.name}`, { reason: 'already-connected' })
  if (sandbox.kind === 'none') throw new EngineError('invalid-argument', 'container cannot be connected to multiple networks with one of the networks in private (none) mode', { reason: 'none-network' })
  await using undo = new AsyncDisposableStack()
  const path = state.namespaces.pathOf(containerId)
  const endpoint = planEndpoint(state, sandbox, request, freeIndex(sandbox))
  undo.defer(async () => {
    releaseAddresses(state, endpoint)
    await forgetEndpoint(state, endpoint)
  })
  await plugEndpoint(state, path, endpoint, [])
  undo.defer(() => unplug(state.context.host, path, endpoint.interfaceName))
  const next = await rearrange(state, sandbox, [...sandbox.endpoints, endpoint], undo)
  if (hasNames(state, endpoint)) state.directory.add(nameEntryOf(sandbox, endpoint))
  undo.defer(() => state.directory.remove(endpoint.networkId, containerId))
  if (!state.nameServers.isOpen(containerId) && needsNameServer(state, next)) await openNameServer(state, containerId, path)
  state.sandboxes.put(containerId, next)
  announce(state, network.id, 'connect', containerId)
  undo.move()
  return endpointOf(endpoint)
}

/** Takes a running container off a network. */
export async function disconnectEndpoint(state: NetworksState, containerId: string, reference: string): Promise<void> {
  const sandbox = getSandbox(state, containerId)
  const network = state.store.get(reference)
  const endpoint = sandbox.endpoints.find(({ networkId }) => networkId === network.id)
  if (!endpoint) throw new EngineError('forbidden', `container ${containerId} is not connected to network ${network.name}`, { reason: 'not-connected' })
  await using undo = new AsyncDisposableStack()
  const left = sandbox.endpoints.filter((each) => each !== endpoint)
  const next = await rearrange(state, sandbox, left, undo)
  state.directory.remove(network.id, containerId)
  await unplug(state.context.host, state.namespaces.pathOf(containerId), endpoint.interfaceName)
  await forgetEndpoint(state, endpoint)
  releaseAddresses(state, endpoint)
  state.sandboxes.put(containerId, next)
  announce(state, network.id, 'disconnect', containerId)
  undo.move()
}

/** Default routes and published ports as they are to be with these endpoints: where they change hands, they do so before anything is lost. */
async function rearrange(state: NetworksState, sandbox: SandboxRecord, endpoints: EndpointRecord[], undo: AsyncDisposableStack): Promise<SandboxRecord> {
  const current = { ipv4: currentGateway(sandbox, 4), ipv6: currentGateway(sandbox, 6) }
  const before = { endpoints: sandbox.endpoints, mappings: sandbox.ports, current }
  const after = { endpoints, mappings: sandbox.ports, current }
  await state.publisher.change(before, after)
  undo.defer(() => state.publisher.change(after, before))
  for (const family of [4, 6] as const) {
    const from = gatewayEndpoint(sandbox.endpoints, family, current[`ipv${family}`])
    const to = gatewayEndpoint(endpoints, family, current[`ipv${family}`])
    if (from === to) continue
    await route(state, sandbox, family, to)
    undo.defer(() => route(state, sandbox, family, from))
  }
  return { ...sandbox, endpoints, gateways: { ipv4: gatewayEndpoint(endpoints, 4, current.ipv4)?.endpointId, ipv6: gatewayEndpoint(endpoints, 6, current.ipv6)?.endpointId } }
}

/** The endpoint that has the default route now. */
export const currentGateway = (sandbox: SandboxRecord, family: 4 | 6): string | undefined => sandbox.gateways?.[`ipv${family}`] ?? gatewayEndpoint(sandbox.endpoints, family)?.endpointId

async function route(state: NetworksState, sandbox: SandboxRecord, family: 4 | 6, endpoint: EndpointRecord | undefined) {
  const gateway = endpoint && addressOf(endpoint, family)?.gateway
  await setDefaultRoute(state.context.host, state.namespaces.pathOf(sandbox.containerId), family, endpoint && gateway ? { interfaceName: endpoint.interfaceName, gateway: parseAddress(gateway) } : undefined)
}

function freeIndex(sandbox: SandboxRecord): number {
  const taken = new Set(sandbox.endpoints.map(({ interfaceName }) => interfaceName))
  let index = 0
  while (taken.has(`eth${index}`)) index++
  return index
}

/** @throws not-found for a container that does not run, or has no stack of its own. */
export function getSandbox(state: NetworksState, containerId: string): SandboxRecord {
  const found = state.sandboxes.find(containerId)
  if (!found) throw new EngineError('not-found', `container ${containerId} has no network stack of its own`, { reason: 'no-sandbox' })
  return found
}
