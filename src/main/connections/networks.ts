import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { NetworkCreateRequest } from '#shared/contract/networks.ts'
import type { Connection } from './connection.ts'
import { each } from './each.ts'
import type { Operation } from './operation.ts'
import { refreshContainer } from './refresh.ts'
import { readNetwork, type WireNetwork } from './wire/network.ts'

export function networksOf({ api, mirror }: Pick<Connection, 'api' | 'mirror'>): Implementation<Contract, Operation>['networks'] {
  const path = (id: string) => `/networks/${encodeURIComponent(id)}`
  return {
    list: async () => mirror.items().networks,
    async create(request, { signal }) {
      const { Id } = await api.json<{ Id: string }>('POST', '/networks/create', { body: networkBody(request), signal })
      return { id: Id }
    },
    remove: ({ ids }) => each(ids, (id) => api.json('DELETE', path(id))),
    async inspect({ id }, { signal }) {
      const wire = await api.json<WireNetwork>('GET', path(id), { signal })
      return { ...readNetwork(wire), raw: wire }
    },
    async connect({ network, container, aliases, ipv4 }) {
      const EndpointConfig = { Aliases: aliases, ...(ipv4 && { IPAMConfig: { IPv4Address: ipv4 } }) }
      await api.json('POST', `${path(network)}/connect`, { body: { Container: container, EndpointConfig } })
      await refreshContainer({ api, mirror }, container)
    },
    async disconnect({ network, container, force = false }) {
      await api.json('POST', `${path(network)}/disconnect`, { body: { Container: container, Force: force } })
      await refreshContainer({ api, mirror }, container)
    },
  }
}

function networkBody({ name, driver, subnet, gateway, ipRange, internal, ipv6, options, labels }: NetworkCreateRequest): object {
  const pool = subnet || gateway || ipRange ? [{ Subnet: subnet, Gateway: gateway, IPRange: ipRange }] : undefined
  return { Name: name, Driver: driver, IPAM: pool && { Config: pool }, Internal: internal, EnableIPv6: ipv6, Options: options, Labels: labels, CheckDuplicate: true }
}
