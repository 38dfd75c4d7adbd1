import { EngineError } from '#shared/errors.ts'
import type { NetworkRecord } from './network-record.ts'
import type { NetworkCreate } from './networks-service.ts'
import type { NetworksState } from './state.ts'

/**
 * Networks that are only settings (`docker network create --config-only`), and those made from them (`--config-from`): the name of a set of subnets and
 * driver options, with nothing in the kernel and no container on it.
 */
export function refuseOperatorFields({ internal, attachable, configFrom }: NetworkCreate): void {
  if (configFrom) throw new EngineError('forbidden', 'a configuration network cannot depend on another configuration network', { reason: 'config-only' })
  if (internal || attachable) throw new EngineError('forbidden', 'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.', { reason: 'config-only' })
}

/** The request with what the network it names says of subnets and options. @throws not-found, forbidden where both say something */
export function withConfiguration(state: NetworksState, request: NetworkCreate): NetworkCreate {
  if (!request.configFrom) return request
  const found = state.store.find(request.configFrom)
  if (!found?.configOnly) throw new EngineError('not-found', `configuration network "${request.configFrom}" does not exist`, { reason: 'no-such-network', field: 'configFrom' })
  const { ipam = {}, options = {} } = request
  if ((ipam.config?.length ?? 0) > 0 || Object.keys(ipam.options ?? {}).length > 0) throw new EngineError('forbidden', 'user specified configurations are not supported if the network depends on a configuration network', { reason: 'config-from', field: 'ipam' })
  if (Object.keys(options).length > 0) throw new EngineError('forbidden', 'network driver options are not supported if the network depends on a configuration network', { reason: 'config-from', field: 'options' })
  return { ...request, configFrom: found.name, ipv6: found.ipv6, ipam: { options: found.ipamOptions, config: found.subnets }, options: found.options, labels: { ...found.labels, ...request.labels } }
}

/** @throws forbidden */
export function refuseWhileDependedOn(state: NetworksState, network: NetworkRecord): void {
  const user = network.configOnly && state.store.list().find(({ configFrom }) => configFrom === network.name)
  if (user) throw new EngineError('forbidden', `error while removing network: configuration network "${network.name}" is in use`, { reason: 'network-in-use', hint: `Remove the network ${user.name} first.` })
}

/** @throws forbidden */
export function refuseConfigurationOnly({ configOnly }: NetworkRecord): void {
  if (configOnly) throw new EngineError('forbidden', 'cannot create endpoint on configuration-only network', { reason: 'config-only' })
}
