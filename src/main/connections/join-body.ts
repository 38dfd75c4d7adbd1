import type { NetworkJoin } from '#shared/contract/container-settings.ts'

/** Docker's endpoint of a container in a network, with only what was asked for. */
export function joinBody({ aliases, ipv4, ipv6, mac, driverOptions, gatewayPriority }: NetworkJoin): object {
  const IPAMConfig = { ...(ipv4 && { IPv4Address: ipv4 }), ...(ipv6 && { IPv6Address: ipv6 }) }
  return { ...(aliases?.length && { Aliases: aliases }), ...(Object.keys(IPAMConfig).length > 0 && { IPAMConfig }), ...(mac && { MacAddress: mac }), ...(driverOptions && { DriverOpts: driverOptions }), ...(gatewayPriority && { GwPriority: gatewayPriority }) }
}
