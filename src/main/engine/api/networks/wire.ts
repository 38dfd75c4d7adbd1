import { EngineError } from '#shared/errors.ts'
import { isFlag, isText, listOf, mapOf, objectOf, type Fields } from '#shared/json-shape.ts'
import type { EndpointSettings } from '../../services/containers/config.ts'
import type { NetworkCreate, NetworkView } from '../../services/networks/networks-service.ts'
import { ENDPOINT } from '../streams/container-fields.ts'
import { shaped } from '../streams/fields.ts'

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

const IPAM_CONFIG: Fields = [
  [isText, 'Subnet IPRange Gateway'],
  [mapOf(isText), 'AuxAddress AuxiliaryAddresses'],
]
const IPAM: Fields = [
  [isText, 'Driver'],
  [mapOf(isText), 'Options'],
  [listOf(objectOf(IPAM_CONFIG)), 'Config'],
]
const CREATE: Fields = [
  [isText, 'Name Driver Scope'],
  [isFlag, 'CheckDuplicate Internal Attachable Ingress ConfigOnly EnableIPv4 EnableIPv6'],
  [mapOf(isText), 'Options Labels'],
  [objectOf([[isText, 'Network']]), 'ConfigFrom'],
  [objectOf(IPAM), 'IPAM'],
]
export const CONNECT: Fields = [
  [isText, 'Container'],
  [objectOf(ENDPOINT), 'EndpointConfig'],
]
export const DISCONNECT: Fields = [
  [isText, 'Container'],
  [isFlag, 'Force'],
]

/** @throws invalid-argument, not-implemented for what only a swarm has. */
export function decodeCreate(given: CreateBody): NetworkCreate {
  const body = shaped(CREATE, given)
  if (body.Ingress) throw new EngineError('forbidden', 'Ingress network can only be global scope network', { reason: 'swarm' })
  if (body.Scope === 'swarm' || body.Scope === 'global') throw new EngineError('forbidden', 'cannot create a swarm scoped network when swarm is not active', { reason: 'swarm', hint: 'Use the bridge or macvlan driver.' })
  return {
    name: body.Name ?? '',
    driver: body.Driver ?? undefined,
    internal: body.Internal === true,
    attachable: body.Attachable === true,
    ipv4: body.EnableIPv4 ?? true,
    ipv6: body.EnableIPv6 ?? false,
    ipam: body.IPAM ? { driver: body.IPAM.Driver ?? undefined, options: body.IPAM.Options ?? undefined, config: (body.IPAM.Config ?? []).map(decodeConfig) } : undefined,
    options: body.Options ?? undefined,
    labels: body.Labels ?? undefined,
    configOnly: body.ConfigOnly === true,
    configFrom: body.ConfigFrom?.Network || undefined,
  }
}

const decodeConfig = (config: IpamConfig) => ({
  subnet: config.Subnet || undefined,
  ipRange: config.IPRange || undefined,
  gateway: config.Gateway || undefined,
  auxiliaryAddresses: config.AuxiliaryAddresses ?? config.AuxAddress ?? undefined,
})

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
