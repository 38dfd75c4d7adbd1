import { dictionary, identifier, list, nothing, optional, record, text, truth, type Shapes } from './shape.ts'
import type { ContainerId, EachOutcome, Timestamp } from './containers.ts'

/** Who is on which network is told by the containers (ContainerSummary.networks), so that it lives in one place. */
export interface NetworkSummary {
  id: string
  name: string
  driver: string
  scope: string
  createdAt: Timestamp
  subnets: { subnet: string; gateway?: string }[]
  internal: boolean
  ipv6: boolean
  /** The driver's own, by Docker's names. */
  options?: Record<string, string>
  labels: Record<string, string>
  /** bridge, host and none: cannot be removed. */
  predefined: boolean
}

export interface NetworkCreateRequest {
  name: string
  driver?: string
  /** CIDR; chosen by the engine when left out. */
  subnet?: string
  gateway?: string
  ipRange?: string
  internal?: boolean
  ipv6?: boolean
  options?: Record<string, string>
  labels?: Record<string, string>
}

export interface NetworkConnectRequest {
  network: string
  container: ContainerId
  aliases?: string[]
  ipv4?: string
}

export interface NetworksContract {
  list(): Promise<NetworkSummary[]>
  create(request: NetworkCreateRequest): Promise<{ id: string }>
  remove(request: { ids: string[] }): Promise<EachOutcome[]>
  inspect(request: { id: string }): Promise<NetworkSummary & { raw: unknown }>
  connect(request: NetworkConnectRequest): Promise<void>
  disconnect(request: { network: string; container: ContainerId; force?: boolean }): Promise<void>
}

const name = identifier<string>()
const address = text(64)
const table = dictionary(text(65_536))

export const networksShapes: Shapes<NetworksContract> = {
  list: nothing,
  create: record<NetworkCreateRequest>({
    name,
    driver: optional(name),
    subnet: optional(address),
    gateway: optional(address),
    ipRange: optional(address),
    internal: optional(truth),
    ipv6: optional(truth),
    options: optional(table),
    labels: optional(table),
  }),
  remove: record<{ ids: string[] }>({ ids: list(name) }),
  inspect: record<{ id: string }>({ id: name }),
  connect: record<NetworkConnectRequest>({ network: name, container: name, aliases: optional(list(name)), ipv4: optional(address) }),
  disconnect: record<{ network: string; container: ContainerId; force?: boolean }>({ network: name, container: name, force: optional(truth) }),
}
