import { EngineError, messageOf } from '#shared/errors.ts'
import { contains, parseCidr, readAddress } from '../../core/network/ipam/address.ts'
import { parseMacAddress } from '../../core/network/ipam/mac.ts'
import type { EndpointRequest } from '../../core/network/sandbox.ts'
import { refuseConfigurationOnly } from './config-networks.ts'
import { isDefaultBridge } from './driver-options.ts'
import type { NetworkRecord } from './network-record.ts'

type EndpointWish = Pick<EndpointRequest, 'aliases' | 'ipv4' | 'ipv6' | 'macAddress'>

/** Refuses what the network could never give, all complaints at once and in Docker's words. @throws invalid-argument. */
export function checkEndpoint(network: NetworkRecord, wish: EndpointWish): void {
  refuseConfigurationOnly(network)
  if (wish.macAddress) parseMacAddress(wish.macAddress)
  const complaints = complaintsAbout(network, wish)
  if (complaints.length === 0) return
  const [only] = complaints
  const text = complaints.length === 1 ? only : complaints.map((complaint) => `* ${complaint}`).join('\n')
  throw new EngineError('invalid-argument', `invalid endpoint settings:\n${text}`, { reason: 'invalid-endpoint', hint: isDefaultBridge(network) ? 'Create a network and use it instead.' : undefined })
}

/** As {@link checkEndpoint}, for a container that is being made. */
export function checkFirstEndpoint(network: NetworkRecord, wish: EndpointWish): void {
  try {
    checkEndpoint(network, wish)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    throw new EngineError(error.code, `invalid config for network ${network.name}: ${messageOf(error)}`, { reason: error.reason, hint: error.hint, field: 'networks', cause: error })
  }
}

function complaintsAbout(network: NetworkRecord, { aliases, ipv4, ipv6 }: EndpointWish): string[] {
  const wished = ([[4, ipv4], [6, ipv6]] as const).flatMap(([family, address]) => (address ? [{ family, address }] : []))
  return [
    ...(aliases.length > 0 && !hasOwnNames(network) ? ['network-scoped alias is supported only for containers in user defined networks'] : []),
    ...(wished.length > 0 && !hasOwnNames(network) ? ['user specified IP address is supported on user defined networks only'] : []),
    ...wished.flatMap(({ family, address }) => complaintsAboutAddress(network, family, address)),
  ]
}

const hasOwnNames = (network: NetworkRecord) => !isDefaultBridge(network) && network.driver !== 'host' && network.driver !== 'null'

function complaintsAboutAddress(network: NetworkRecord, family: 4 | 6, text: string): string[] {
  const address = readAddress(text)
  const within = network.subnets.find(({ subnet }) => address && contains(parseCidr(subnet), address))
  return [
    ...(address?.family === family ? [] : [`invalid IPv${family} address: ${text}`]),
    ...(within ? [] : [`no configured subnet or ip-range contain the IP address ${text}`]),
    ...(within?.chosen ? ['user specified IP address is supported only when connecting to networks with user configured subnets'] : []),
  ]
}
