import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkSummary } from '#shared/contract/networks.ts'
import { wishedAddressProblem, type AddressProblem } from '#shared/network/subnets.ts'

/** Names as typed, with commas or spaces between them. */
export const readAliases = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))]

/** The first that is no host name: letters, digits, - _ and dots between. */
export const wrongAlias = (aliases: readonly string[]): string | undefined => aliases.find((alias) => !/^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$/.test(alias))

/** Who has which address on a network. */
export const addressesOn = (network: Pick<NetworkSummary, 'name'>, containers: readonly ContainerSummary[]): Map<string, string> =>
  new Map(containers.flatMap(({ name, networks }) => networks.flatMap((each) => (each.network === network.name && each.ipv4 ? [[each.ipv4, name] as const] : []))))

export const addressProblem = (text: string, network: NetworkSummary, containers: readonly ContainerSummary[]): AddressProblem | undefined => (text.trim() === '' ? undefined : wishedAddressProblem(text.trim(), network, addressesOn(network, containers)))
