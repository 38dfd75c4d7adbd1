import { messageOf } from '#shared/errors.ts'
import { forwardObstacles } from '../../core/network/firewall/obstacles.ts'
import { firewallLack } from '../../core/network/firewall/no-firewall.ts'
import { sweepDeadEngines } from './ownership.ts'
import { openNameServer } from './connect-sandbox.ts'
import { planNetwork } from './create-network.ts'
import { disconnectSandbox } from './disconnect-sandbox.ts'
import { bridgeOptions, defaultBridgeOptions } from './driver-options.ts'
import { bridgesOf, firewallOf, rejoinLoose, removeStrayCables } from './faults.ts'
import { ensureForwarding } from './forwarding.ts'
import { replugLost } from './mend-faults.ts'
import { nameEntryOf, needsNameServer, hasNames } from './names.ts'
import { publicationOf } from './publisher.ts'
import type { SandboxRecord } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

/**
 * Brings kernel and records together after a start: dead sandboxes go, bridges and rules are as they should be, live sandboxes are taken up with their addresses,
 * ports and name servers. Nothing that a running container uses is interrupted.
 */
export async function restoreNetworks(state: NetworksState, liveContainerIds: ReadonlySet<string>): Promise<void> {
  const live = state.sandboxes.list().filter(({ containerId }) => liveContainerIds.has(containerId))
  await sweepDeadEngines(state, new Set(state.store.list().filter(({ driver }) => driver === 'bridge').map((network) => bridgeOptions(network).bridge)))
  await ensurePredefined(state)
  for (const sandbox of live) takeUp(state, sandbox)
  const bridges = bridgesOf(state)
  for (const bridge of bridges) await ensureForwarding(state, bridge)
  for (const bridge of bridges) await state.bridges.ensure(bridge)
  await rejoinLoose(state, live)
  await state.firewall.reset(firewallOf(state, bridges, live))
  state.firewall.guard()
  await removeDead(state, liveContainerIds)
  await removeStrayCables(state)
  if (!firewallLack(state.context.host)) await replugLost(state, live)
  const lost = await state.publisher.takeOver(live.map(publicationOf))
  for (const sandbox of live) await serveNames(state, sandbox)
  await lookForObstacles(state, lost)
  state.restored = true
}

/** Told once in the log, and on asking in `warnings`. */
async function lookForObstacles(state: NetworksState, lost: readonly string[]) {
  state.warnings = [...(firewallLack(state.context.host) ? [] : await forwardObstacles(state.context.host)), ...lost]
  for (const warning of state.warnings) state.context.log(`network: ${warning}`)
}

async function ensurePredefined(state: NetworksState) {
  const make = async (name: string, driver: 'bridge' | 'host' | 'null', options: Record<string, string> = {}) => {
    if (!state.store.findByName(name)) state.store.put(await planNetwork(state, { name, options }, driver))
  }
  await make('bridge', 'bridge', defaultBridgeOptions(`slipway${state.context.instance === '' ? '0' : `-${state.context.instance}`}`))
  await make('host', 'host')
  await make('none', 'null')
}

function takeUp(state: NetworksState, sandbox: SandboxRecord) {
  state.claims.adopt(sandbox.containerId, sandbox.ports)
  for (const endpoint of sandbox.endpoints) {
    const network = state.store.find(endpoint.networkId)
    if (!network) continue
    for (const given of [endpoint.ipv4, endpoint.ipv6]) if (given) state.pools.adopt(network, given.address)
    if (hasNames(state, endpoint)) state.directory.add(nameEntryOf(sandbox, endpoint))
  }
}

/** Records and namespaces of containers that do not run. */
async function removeDead(state: NetworksState, liveContainerIds: ReadonlySet<string>) {
  const recorded = state.sandboxes.list().map(({ containerId }) => containerId)
  const dead = new Set([...recorded, ...(await state.namespaces.list())].filter((containerId) => !liveContainerIds.has(containerId)))
  for (const containerId of dead) await disconnectSandbox(state, containerId)
}

async function serveNames(state: NetworksState, sandbox: SandboxRecord) {
  if (!needsNameServer(state, sandbox)) return
  await openNameServer(state, sandbox.containerId, state.namespaces.pathOf(sandbox.containerId), { again: true }).catch((error: unknown) => state.context.log(`network: names for ${sandbox.containerId.slice(0, 12)}: ${messageOf(error)}`))
}
