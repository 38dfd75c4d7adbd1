import type { PortBinding, PortMapping, Sandbox, SandboxRequest } from '../../core/network/sandbox.ts'
import { bridgeOptions } from './driver-options.ts'
import { forgetEndpoint, planEndpoint, plugEndpoint, releaseAddresses } from './endpoints.ts'
import { disconnectSandbox } from './disconnect-sandbox.ts'
import { gatewayEndpoint } from './gateway.ts'
import { filesFor, hasNames, nameEntryOf, needsNameServer, scopeOf, upstreamOf } from './names.ts'
import { announce } from './network-events.ts'
import { endpointOf, type EndpointRecord, type SandboxRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/** Makes a container's network stack: namespace, endpoints, ports, names. The caller holds the container's lock. */
export async function connectSandbox(state: NetworksState, request: SandboxRequest): Promise<Sandbox> {
  // A record that is still there is of a stack that was not taken down.
  if (state.sandboxes.find(request.containerId)) await disconnectSandbox(state, request.containerId, { keepReservation: true })
  state.claims.adopt(request.containerId, state.reservations.get(request.containerId) ?? [])
  await using undo = new AsyncDisposableStack()
  const endpoints = planEndpoints(state, request, undo)
  const claimed = await claimPorts(state, request, endpoints, undo)

  const namespacePath = await state.namespaces.create(request.containerId)
  undo.defer(() => state.namespaces.remove(request.containerId))
  const ports = state.publisher.feasible({ endpoints, mappings: claimed })
  const record = recordOf(request, endpoints, ports)
  await settleAll([
    ...endpoints.map((endpoint) => plugEndpoint(state, namespacePath, endpoint, defaultFamilies(endpoints, endpoint))),
    openNames(state, record, namespacePath, undo),
  ])
  await state.publisher.change(undefined, { endpoints, mappings: ports })
  undo.defer(() => state.publisher.withdraw({ endpoints, mappings: ports }))

  state.sandboxes.put(record.containerId, record)
  state.reservations.delete(record.containerId)
  for (const endpoint of endpoints) announce(state, endpoint.networkId, 'connect', record.containerId)
  undo.move()
  state.claims.release(new Set(claimed).difference(new Set(ports)))
  return { containerId: record.containerId, namespacePath, endpoints: endpoints.map(endpointOf), ports, files: filesFor(state, record) }
}

function planEndpoints(state: NetworksState, request: SandboxRequest, undo: AsyncDisposableStack): EndpointRecord[] {
  if (request.kind === 'none') return []
  return request.endpoints.map((wish, index) => {
    const endpoint = planEndpoint(state, request, wish, index)
    undo.defer(async () => {
      releaseAddresses(state, endpoint)
      await forgetEndpoint(state, endpoint)
    })
    return endpoint
  })
}

/** Ports claimed before, completed by what only now is known: the address that the network publishes on. */
async function claimPorts(state: NetworksState, request: SandboxRequest, endpoints: readonly EndpointRecord[], undo: AsyncDisposableStack): Promise<PortMapping[]> {
  const reserved = state.reservations.get(request.containerId) ?? []
  const mappings = await state.claims.claim(request.containerId, withHostBinding(state, request.ports, endpoints), reserved)
  undo.defer(() => {
    state.claims.release(mappings)
    state.claims.adopt(request.containerId, reserved)
  })
  return mappings
}

export function withHostBinding(state: NetworksState, bindings: readonly PortBinding[], endpoints: readonly EndpointRecord[]): readonly PortBinding[] {
  const network = state.store.find(gatewayEndpoint(endpoints, 4)?.networkId ?? '')
  const hostIp = network?.driver === 'bridge' ? bridgeOptions(network).hostBinding : ''
  return hostIp === '' ? bindings : bindings.map((binding) => (binding.hostIp === '' ? { ...binding, hostIp } : binding))
}

export const defaultFamilies = (endpoints: readonly EndpointRecord[], endpoint: EndpointRecord): (4 | 6)[] => ([4, 6] as const).filter((family) => gatewayEndpoint(endpoints, family) === endpoint)

function recordOf(request: SandboxRequest, endpoints: EndpointRecord[], ports: PortMapping[]): SandboxRecord {
  const { containerId, name, hostname, domainname, kind, dns, extraHosts } = request
  return { containerId, name, hostname, domainname, kind, dns, extraHosts, endpoints, ports, bindings: request.ports }
}

/** Makes the container's names known on its networks, and lets it ask for names if it is to. */
async function openNames(state: NetworksState, record: SandboxRecord, namespacePath: string, undo: AsyncDisposableStack): Promise<void> {
  for (const endpoint of record.endpoints.filter((each) => hasNames(state, each))) {
    state.directory.add(nameEntryOf(record, endpoint))
    undo.defer(() => state.directory.remove(endpoint.networkId, record.containerId))
  }
  if (!needsNameServer(state, record)) return
  undo.defer(() => state.nameServers.close(record.containerId))
  await openNameServer(state, record.containerId, namespacePath)
}

export const openNameServer = (state: NetworksState, containerId: string, namespacePath: string, options?: { again?: boolean }): Promise<void> =>
  state.nameServers.open({ containerId, namespacePath, scope: () => scopeOf(state, containerId), upstream: () => upstreamOf(state, containerId, namespacePath) }, options)

/** Waits for all, so that nothing is still under way when undoing begins; then throws the first failure. */
export async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
