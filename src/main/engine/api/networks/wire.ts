import { EngineError } from '#shared/errors.ts'
import type { EndpointSettings } from '../../services/containers/config.ts'
import type { NetworkCreate, NetworkView } from '../../services/networks/networks-service.ts'

/** Docker's JSON of networks: https://docs.docker.com/reference/api/engine/version/v1.50/#tag/Network. */
export interface CreateBody {
  Name?: string
  CheckDuplicate?: boolean
  Driver?: string
  Scope?: string
  Internal?: boolean
  Attachable?: boolean
  Ingress?: boolean
  ConfigOnly?: boolean
  ConfigFrom?: { Network?: string } | null
  IPAM?: { Driver?: string; Options?: Record<string, string> | null; Config?: IpamConfig[] | null } | null
  EnableIPv4?: boolean | null
  EnableIPv6?: boolean | null
  Options?: Record<string, string> | null
  Labels?: Record<string, string> | null
}
interface IpamConfig {
  Subnet?: string
  IPRange?: string
  Gateway?: string
  /** The client's older name. */
  AuxAddress?: Record<string, string> | null
  AuxiliaryAddresses?: Record<string, string> | null
}
export interface ConnectBody {
  Container?: string
  EndpointConfig?: EndpointSettings | null
}
export interface DisconnectBody {
  Container?: string
  Force?: boolean
}

/** @throws invalid-argument, not-implemented for what only a swarm has. */
export function decodeCreate(body: CreateBody): NetworkCreate {
  if (body.Ingress) throw new EngineError('forbidden', 'Ingress network can only be global scope network', { reason: 'swarm' })
  if (body.Scope === 'swarm' || body.Scope === 'global') throw new EngineError('forbidden', 'cannot create a swarm scoped network when swarm is not active', { reason: 'swarm', hint: 'Use the bridge or macvlan driver.' })
  return {
    name: text(body.Name, 'Name') ?? '',
    driver: text(body.Driver, 'Driver'),
    internal: body.Internal === true,
    attachable: body.Attachable === true,
    ipv4: body.EnableIPv4 ?? true,
    ipv6: body.EnableIPv6 ?? false,
    ipam: body.IPAM ? { driver: text(body.IPAM.Driver, 'IPAM.Driver'), options: table(body.IPAM.Options, 'IPAM.Options'), config: (body.IPAM.Config ?? []).map(decodeConfig) } : undefined,
    options: table(body.Options, 'Options'),
    labels: table(body.Labels, 'Labels'),
    configOnly: body.ConfigOnly === true,
    configFrom: text(body.ConfigFrom?.Network, 'ConfigFrom.Network') || undefined,
  }
}

function decodeConfig(config: IpamConfig) {
  return {
    subnet: text(config.Subnet, 'Subnet') || undefined,
    ipRange: text(config.IPRange, 'IPRange') || undefined,
    gateway: text(config.Gateway, 'Gateway') || undefined,
    auxiliaryAddresses: table(config.AuxiliaryAddresses ?? config.AuxAddress, 'AuxiliaryAddresses'),
  }
}

function text(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new EngineError('invalid-argument', `${field} must be a string`, { reason: 'invalid-body', field })
  return value
}

function table(value: unknown, field: string): Record<string, string> | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value) || Object.values(value).some((each) => typeof each !== 'string')) throw new EngineError('invalid-argument', `${field} must be an object of strings`, { reason: 'invalid-body', field })
  return value as Record<string, string>
}

/** A list leaves the containers out, as Docker's does. */
export function networkJson(network: NetworkView, { containers }: { containers: boolean }) {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: network.scope,
    Driver: network.driver,
    EnableIPv4: network.ipv4,
    EnableIPv6: network.ipv6,
    IPAM: { Driver: network.ipamDriver, Options: Object.keys(network.ipamOptions).length > 0 ? network.ipamOptions : null, Config: (network.driver === 'host' || network.driver === 'null') && network.subnets.length === 0 ? null : network.subnets.map(subnetJson) },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom ?? '' },
    ConfigOnly: network.configOnly ?? false,
    Containers: Object.fromEntries(containers ? network.containers.map((member) => [member.containerId, memberJson(member)]) : []),
    Options: network.options,
    Labels: network.labels,
  }
}

const subnetJson = ({ subnet, ipRange, gateway, auxiliaryAddresses }: NetworkView['subnets'][number]) => ({
  Subnet: subnet,
  ...(ipRange === undefined ? {} : { IPRange: ipRange }),
  ...(gateway === undefined ? {} : { Gateway: gateway }),
  ...(auxiliaryAddresses === undefined ? {} : { AuxiliaryAddresses: auxiliaryAddresses }),
})

const memberJson = (member: NetworkView['containers'][number]) => ({
  Name: member.name,
  EndpointID: member.endpointId,
  MacAddress: member.macAddress,
  IPv4Address: member.ipv4Address,
  IPv6Address: member.ipv6Address,
})
