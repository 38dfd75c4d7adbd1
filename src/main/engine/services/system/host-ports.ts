import type { Listener } from '../../core/host/listeners/listeners.ts'
import type { PortMapping } from '../../core/network/sandbox.ts'

/** A port of this machine that is taken: by a container's mapping, by a container in the host's network, or by another program. */
export interface HostPort {
  address: string
  port: number
  protocol: PortMapping['protocol']
  containerId?: string
  /** Of a program that is not a published port of ours, when the kernel tells. */
  process?: { pid: number; program: string }
}

export interface HostPortsNeeds {
  listeners(): Promise<readonly Listener[]>
  /** A process with its parents, itself first. */
  lineage(pid: number): Promise<readonly number[]>
  publishedPorts(): readonly (PortMapping & { containerId: string })[]
  /** First process of each running container → its id. */
  containersByPid(): ReadonlyMap<number, string>
}

/**
 * Who has which port of the machine. A published port is told once: as root the firewall leads it on and nobody listens, rootless the port driver listens for
 * it, and its process says nothing that the container does not.
 */
export async function hostPorts(needs: HostPortsNeeds): Promise<HostPort[]> {
  const ports = new Map<string, HostPort>()
  for (const { protocol, hostIp, hostPort, containerId } of needs.publishedPorts()) add(ports, { address: hostIp, port: hostPort, protocol, containerId })
  const containers = needs.containersByPid()
  for (const { protocol, address, port, owner } of await needs.listeners()) {
    const containerId = owner && containers.size > 0 ? (await needs.lineage(owner.pid)).map((pid) => containers.get(pid)).find((id) => id !== undefined) : undefined
    add(ports, { address, port, protocol, ...(containerId === undefined ? {} : { containerId }), ...(owner ? { process: owner } : {}) })
  }
  return [...ports.values()].sort((one, other) => one.port - other.port || order(one.protocol, other.protocol) || order(one.address, other.address))
}

/** Several sockets may share an address (SO_REUSEPORT): the first is the one told. */
function add(ports: Map<string, HostPort>, port: HostPort) {
  const key = `${port.protocol} ${port.address} ${port.port}`
  if (!ports.has(key)) ports.set(key, port)
}
const order = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
