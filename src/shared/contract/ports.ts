import { identifier, integer, list, nothing, oneOf, optional, record, text, type Shapes } from './shape.ts'
import type { ContainerId, ContainerPort, PortMapping, Protocol } from './containers.ts'

/** Somebody who has a port of the machine the engine is on. */
export interface PortListener {
  ip: string
  port: number
  protocol: Protocol
  /** Of a program that is none of Slipway's, where it can be known. */
  process?: string
  pid?: number
  container?: ContainerId
}

export interface PortsContract {
  /** All that the container publishes from now on; a running one is not interrupted, and mappings that stay are not touched. @throws not-implemented for other engines, which fix ports when a container is made */
  change(request: { container: ContainerId; ports: PortMapping[] }): Promise<ContainerPort[]>
  /** Who has which port, as of now. @throws not-implemented for other engines */
  listeners(): Promise<PortListener[]>
}

const port = integer(1, 65_535)

export const portsShapes: Shapes<PortsContract> = {
  change: record<{ container: ContainerId; ports: PortMapping[] }>({
    container: identifier<ContainerId>(),
    ports: list(record<PortMapping>({ containerPort: port, protocol: oneOf('tcp', 'udp', 'sctp'), hostIp: optional(text(64)), hostPort: optional(port) }), 5000),
  }),
  listeners: nothing,
}
