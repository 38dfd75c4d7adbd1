import { KeyedMutex } from '#base/keyed-mutex.ts'
import { createNameDirectory } from '../../core/network/dns/directory.ts'
import { createNameServers } from '../../core/network/dns/name-servers.ts'
import { createFirewall } from '../../core/network/firewall/firewall.ts'
import { createNoFirewall, firewallLack } from '../../core/network/firewall/no-firewall.ts'
import { createNamespaces } from '../../core/network/namespace.ts'
import { createPortClaims } from '../../core/network/ports/port-claims.ts'
import { createAddressPools } from './address-pools.ts'
import { ownerNote, tableOf } from './ownership.ts'
import { createBridges } from './bridges.ts'
import { closeNetworks } from './close.ts'
import { checkEndpoint, checkFirstEndpoint } from './check-endpoint.ts'
import { connectEndpoint, disconnectEndpoint } from './connect-endpoint.ts'
import { connectSandbox } from './connect-sandbox.ts'
import type { NetworksContext } from './context.ts'
import { createNetwork } from './create-network.ts'
import { disconnectSandbox } from './disconnect-sandbox.ts'
import { findFaults } from './faults.ts'
import { findSandbox, findSandboxOf, renameSandbox } from './find-sandbox.ts'
import { matchesFilters } from './filters.ts'
import { hostModeFiles } from './host-mode-files.ts'
import { hasNames } from './names.ts'
import { mendFaults } from './mend-faults.ts'
import { createNetworkStore } from './network-store.ts'
import { viewAll, viewOf } from './network-view.ts'
import type { Networks } from './networks-service.ts'
import { createPublisher } from './publisher.ts'
import { pruneNetworks, removeNetwork } from './remove-network.ts'
import { reservePorts } from './reserve-ports.ts'
import { restoreNetworks } from './restore.ts'
import type { NetworksState } from './state.ts'
import { takeDownNetworks } from './take-down.ts'
import { updatePorts } from './update-ports.ts'

/** The networks service; see networks-service.ts for what it promises. */
export function createNetworks(context: NetworksContext): Networks {
  const state = createState(context)
  const alone = <Result>(containerId: string, work: () => Promise<Result>) => state.mutex.run(`container ${containerId}`, work)
  const changing = <Result>(work: () => Promise<Result>) => state.mutex.run('networks', work)
  return {
    create: (request) => changing(() => createNetwork(state, request)),
    get: (reference) => viewOf(state, state.store.get(reference)),
    describe(reference) {
      const network = state.store.find(reference)
      return network && { id: network.id, names: hasNames(state, { networkId: network.id }) && network.driver !== 'host' }
    },
    list: (filters = {}) => viewAll(state).filter((network) => matchesFilters(network, filters)),
    remove: (reference) => changing(() => removeNetwork(state, reference)),
    prune: (filters = {}) => changing(() => pruneNetworks(state, filters)),
    reservePorts: (containerId, bindings) => reservePorts(state, containerId, bindings),
    connectSandbox: (request) => alone(request.containerId, () => connectSandbox(state, request)),
    disconnectSandbox: (containerId) => alone(containerId, () => disconnectSandbox(state, containerId)),
    connectEndpoint: (containerId, request) => alone(containerId, () => connectEndpoint(state, containerId, request)),
    disconnectEndpoint: (containerId, network) => alone(containerId, () => disconnectEndpoint(state, containerId, network)),
    updatePorts: (containerId, bindings) => alone(containerId, () => updatePorts(state, containerId, bindings)),
    checkEndpoint(request, { joining = false } = {}) {
      const network = state.store.find(request.network)
      if (network) (joining ? checkEndpoint : checkFirstEndpoint)(network, request)
    },
    findSandbox: (containerId) => findSandbox(state, containerId),
    findSandboxOf: (container) => findSandboxOf(state, container),
    publishedPorts: () => state.sandboxes.list().flatMap(({ containerId, ports }) => ports.map((mapping) => ({ ...mapping, containerId }))),
    renameSandbox: (containerId, name) => renameSandbox(state, containerId, name),
    hostModeFiles: (request) => hostModeFiles(state, request),
    takeDown: () => changing(() => takeDownNetworks(state)),
    restore: (liveContainerIds) => changing(() => restoreNetworks(state, new Set(liveContainerIds))),
    faults: (isLive) => changing(() => findFaults(state, isLive)),
    mend: (isLive) => changing(() => mendFaults(state, isLive)),
    get warnings() {
      return state.warnings
    },
    [Symbol.asyncDispose]: () => changing(() => closeNetworks(state)),
  }
}

function createState(context: NetworksContext): NetworksState {
  const { host, metadata } = context
  const firewall = firewallLack(host) ? createNoFirewall(host) : createFirewall(host, { table: tableOf(context.instance), comment: ownerNote(context), log: context.log })
  const directory = createNameDirectory()
  return {
    context,
    firewall,
    directory,
    store: createNetworkStore(metadata),
    sandboxes: metadata.collection('sandboxes'),
    pools: createAddressPools(),
    bridges: createBridges(context, firewall),
    claims: createPortClaims(),
    reservations: new Map(),
    publisher: createPublisher(host, firewall),
    namespaces: createNamespaces(host, context.namespaces),
    nameServers: createNameServers(host.syscalls, directory),
    mutex: new KeyedMutex(),
    restored: false,
    warnings: [],
  }
}
