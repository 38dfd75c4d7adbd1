import type { NetworkSummary } from '#shared/contract/networks.ts'

/** GET /networks and /networks/{id}. */
export interface WireNetwork {
  Id: string
  Name: string
  Driver: string
  Scope?: string
  Created?: string
  Internal?: boolean
  EnableIPv6?: boolean
  IPAM?: { Config?: { Subnet?: string; Gateway?: string }[] | null }
  Options?: Record<string, string> | null
  Labels?: Record<string, string> | null
}

const predefined = new Set(['bridge', 'host', 'none'])

export const readNetwork = (wire: WireNetwork): NetworkSummary => ({
  id: wire.Id,
  name: wire.Name,
  driver: wire.Driver,
  scope: wire.Scope ?? 'local',
  createdAt: wire.Created ? Date.parse(wire.Created) || 0 : 0,
  subnets: (wire.IPAM?.Config ?? []).flatMap(({ Subnet, Gateway }) => (Subnet ? [{ subnet: Subnet, ...(Gateway && { gateway: Gateway }) }] : [])),
  internal: wire.Internal ?? false,
  ipv6: wire.EnableIPv6 ?? false,
  ...(wire.Options && Object.keys(wire.Options).length > 0 && { options: wire.Options }),
  labels: wire.Labels ?? {},
  predefined: predefined.has(wire.Name),
})
