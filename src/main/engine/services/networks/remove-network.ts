import { EngineError, messageOf } from '#shared/errors.ts'
import { refuseWhileDependedOn } from './config-networks.ts'
import { onParent } from './driver-options.ts'
import { matchesLabels } from './filters.ts'
import { removeParent } from './parent-link.ts'
import { announceNetwork } from './network-events.ts'
import { isPredefined, type NetworkRecord } from './network-record.ts'
import type { NetworkFilters } from './networks-service.ts'
import type { NetworksState } from './state.ts'

/** @throws not-found; forbidden for a predefined network, and one that running containers are on. */
export async function removeNetwork(state: NetworksState, reference: string): Promise<void> {
  const network = state.store.get(reference)
  if (isPredefined(network.name)) throw new EngineError('forbidden', `${network.name} is a pre-defined network and cannot be removed`, { reason: 'predefined' })
  refuseWhileDependedOn(state, network)
  const users = membersOf(state, network.id)
  if (users.length > 0) {
    const names = users.map((user) => `name:"${user.name}" id:"${user.containerId.slice(0, 12)}"`).join(', ')
    throw new EngineError('forbidden', `error while removing network: network ${network.name} has active endpoints (${names})`, { reason: 'network-in-use', hint: 'Stop those containers, or disconnect them first.' })
  }
  state.store.delete(network.id)
  state.pools.forget(network.id)
  announceNetwork(state, network, 'destroy')
  await tearDown(state, network)
}

/** The record is gone, so what the kernel does not give up now is left for the next start to sweep. */
async function tearDown(state: NetworksState, network: NetworkRecord) {
  try {
    if (network.driver === 'bridge') await state.bridges.remove(network)
    if (onParent(network)) await removeParent(state.context.host, network)
  } catch (error) {
    state.context.log(`network: take down ${network.name}: ${messageOf(error)}`)
  }
}

/** Removes networks nobody is on. Filters: `label`, `label!`, `until`. */
export async function pruneNetworks(state: NetworksState, filters: NetworkFilters): Promise<string[]> {
  const before = pruneLimit(filters)
  const unused = state.store.list().filter((network) => !isPredefined(network.name) && !network.configOnly && membersOf(state, network.id).length === 0 && Date.parse(network.createdAt) <= before && matchesLabels(network, filters))
  for (const network of unused) await removeNetwork(state, network.id)
  state.context.events.publish({ type: 'network', action: 'prune', id: '', attributes: { reclaimed: '0' } })
  return unused.map(({ name }) => name)
}

const PRUNE_FILTERS = new Set(['label', 'label!', 'until'])

/** Unix milliseconds up to which a network must have been made. A filter we do not know would keep something: nothing is removed then. @throws invalid-argument. */
function pruneLimit(filters: NetworkFilters): number {
  for (const key of Object.keys(filters)) if (!PRUNE_FILTERS.has(key)) throw new EngineError('invalid-argument', `invalid filter '${key}'`, { reason: 'invalid-filter' })
  const [until, another] = filters['until'] ?? []
  if (another !== undefined) throw new EngineError('invalid-argument', 'more than one until filter specified', { reason: 'invalid-filter' })
  return until === undefined ? Infinity : momentOf(until)
}

const membersOf = (state: NetworksState, networkId: string) => state.sandboxes.list().filter(({ endpoints }) => endpoints.some((endpoint) => endpoint.networkId === networkId))

const UNIT: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** A Go duration back from now (`10m`, `1h30m`), a Unix time in seconds, or a date. @throws invalid-argument. */
function momentOf(text: string): number {
  if (/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(text)) return Date.now() - text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g).reduce((sum, [, count, unit]) => sum + Number(count) * UNIT[unit!]!, 0)
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  if (Number.isNaN(date)) throw new EngineError('invalid-argument', `failed to parse value as time or duration: ${JSON.stringify(text)}`, { reason: 'invalid-filter' })
  return date
}
