import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { NetworkConnectRequest, NetworkCreateRequest, NetworkSummary } from '#shared/contract/networks.ts'
import type { PortListener } from '#shared/contract/ports.ts'
import type { PortMapping } from '#shared/contract/containers.ts'
import { EngineError } from '#shared/errors.ts'
import { freeSubnet } from '#shared/network/subnets.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'

const HOUR = 3_600_000
const NAMES = ['bridge', 'shop_default', 'host', 'none', 'monitoring', 'shop_backend', 'mail', 'vault', 'analytics_default', 'ci-runners', 'edge']
/** The networks a scene shows: a few, or a dozen. */
export const fakeNetworks = (many: boolean, id: (index: number) => string): NetworkSummary[] =>
  NAMES.slice(0, many ? NAMES.length : 4).map((name, index) => {
    const second = 17 + (index < 2 ? index : index - 2)
    return {
      id: id(index + 40), name, driver: name === 'none' ? 'null' : name === 'host' ? 'host' : 'bridge', scope: 'local', createdAt: Date.now() - (60 - index) * HOUR,
      subnets: name === 'host' || name === 'none' ? [] : [{ subnet: `172.${second}.0.0/16`, gateway: `172.${second}.0.1` }],
      internal: name === 'vault', ipv6: false, labels: {}, predefined: ['bridge', 'host', 'none'].includes(name),
    }
  })

/** Spreads containers over the networks, some over two. */
export function fakeAttachments(containers: readonly ContainerSummary[], networks: readonly NetworkSummary[]): ContainerSummary[] {
  const places = networks.filter(({ subnets }) => subnets.length > 0)
  return containers.map((container, index) => {
    if (index < 9) return container
    const homes = [places[(index * index + 3) % places.length], ...(index % 11 === 0 ? [places[(index * 5) % places.length]] : [])]
    const joined = [...new Set(homes)].flatMap((network) => (network ? [{ network: network.name, networkId: network.id, ...(container.state.status === 'running' && { ipv4: `${network.subnets[0]?.subnet.split('.').slice(0, 2).join('.')}.${Math.floor(index / 200)}.${(index % 200) + 2}` }), aliases: [container.name.split('-')[0] ?? ''] }] : []))
    return { ...container, networks: joined, networkMode: joined[0]?.network ?? 'none' }
  })
}

export function fakeNetworkCalls({ world, tell }: FakeEngine): FakeCalls {
  const change = (id: string, next: (container: ContainerSummary) => ContainerSummary) => {
    const found = world.containers.find((one) => one.id === id)
    if (!found) throw new EngineError('not-found', `No such container: ${id}`)
    const container = next(found)
    world.containers = world.containers.map((one) => (one.id === id ? container : one))
    tell({ type: 'container.changed', container })
    return container
  }
  const nameOf = (network: string) => world.networks.find(({ id, name }) => id === network || name === network)
  return {
    'networks.connect': ({ network, container, aliases, ipv4 }: NetworkConnectRequest) => void change(container, (one) => ({ ...one, networks: [...one.networks, { network: nameOf(network)?.name ?? network, ipv4: ipv4 ?? '172.30.0.9', ...(aliases && { aliases }) }] })),
    'networks.disconnect': ({ network, container }: { network: string; container: string }) => void change(container, (one) => ({ ...one, networks: one.networks.filter((each) => each.network !== nameOf(network)?.name) })),
    'networks.create': ({ name, subnet, driver = 'bridge', internal = false }: NetworkCreateRequest) => {
      const network: NetworkSummary = { id: crypto.randomUUID().replaceAll('-', '').repeat(2), name, driver, scope: 'local', createdAt: Date.now(), subnets: [{ subnet: subnet ?? freeSubnet(world.networks) }], internal, ipv6: false, labels: {}, predefined: false }
      world.networks = [...world.networks, network]
      tell({ type: 'network.changed', network })
      return { id: network.id }
    },
    'networks.list': () => world.networks,
    'networks.inspect': ({ id }: { id: string }) => ({ ...nameOf(id), raw: { Name: nameOf(id)?.name, Id: id, Driver: nameOf(id)?.driver, IPAM: { Config: nameOf(id)?.subnets } } }),
    'networks.remove': ({ ids }: { ids: string[] }) => {
      world.networks = world.networks.filter(({ id }) => !ids.includes(id))
      tell(...ids.map((id) => ({ type: 'network.removed' as const, id })))
      return ids.map((id) => ({ id }))
    },
    'ports.change': ({ container, ports }: { container: string; ports: PortMapping[] }) =>
      change(container, (one) => ({ ...one, ports: [...one.ports.filter(({ hostPort, containerPort }) => hostPort === undefined && !ports.some((each) => each.containerPort === containerPort)), ...one.ports.filter(({ hostPort, containerPort }) => hostPort !== undefined && !ports.some((each) => each.containerPort === containerPort)).map(({ containerPort, protocol }) => ({ containerPort, protocol })), ...ports.flatMap((port) => (port.hostIp ? [port] : ['0.0.0.0', '::'].map((hostIp) => ({ ...port, hostIp, hostPort: port.hostPort ?? 49_153 }))))] })).ports,
    'ports.listeners': (): PortListener[] => [
      { ip: '0.0.0.0', port: 22, protocol: 'tcp', process: 'sshd', pid: 812 },
      { ip: '127.0.0.1', port: 631, protocol: 'tcp', process: 'cupsd', pid: 1204 },
      { ip: '::1', port: 631, protocol: 'tcp', process: 'cupsd', pid: 1204 },
      { ip: '0.0.0.0', port: 5353, protocol: 'udp', process: 'avahi-daemon', pid: 700 },
      { ip: '127.0.0.1', port: 8081, protocol: 'tcp', process: 'node', pid: 52_114 },
      { ip: '0.0.0.0', port: 27_500, protocol: 'udp' },
    ],
  }
}
