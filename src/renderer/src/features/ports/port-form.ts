import type { PortMapping, Protocol } from '#shared/contract/containers.ts'
import { readAddress } from '#shared/network/address.ts'
import { nextFreePort, takenBy, type PortRange, type TakenPort } from '#shared/network/ports.ts'

/** A mapping as it is typed. An empty host port lets the engine choose, an empty address means every one. */
export interface PortForm {
  hostIp: string
  hostPort: string
  containerPort: string
  protocol: Protocol
}
export type PortProblem = { key: 'required' | 'port' | 'address' | 'rangeEnd' } | { key: 'taken'; owner: string | undefined; port: number; free: number | undefined }
export type PortProblems = Partial<Record<'hostIp' | 'hostPort' | 'containerPort', PortProblem>>

export const portForm = (range?: PortRange, containerPort?: number, protocol: Protocol = 'tcp'): PortForm => ({
  hostIp: range?.first.hostIp ?? '',
  hostPort: range?.first.hostPort === undefined ? '' : String(range.first.hostPort),
  containerPort: String(range?.first.containerPort ?? containerPort ?? ''),
  protocol: range?.first.protocol ?? protocol,
})

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535

/** What is wrong as it is typed; `count` ports from the one typed on. */
export function portProblems(form: PortForm, count: number, taken: readonly TakenPort[]): PortProblems {
  const { hostIp, hostPort, containerPort, protocol } = form
  const problems: PortProblems = {}
  if (containerPort === '') problems.containerPort = { key: 'required' }
  else if (!isPort(containerPort)) problems.containerPort = { key: 'port' }
  else if (!isPort(String(Number(containerPort) + count - 1))) problems.containerPort = { key: 'rangeEnd' }
  if (hostIp !== '' && !readAddress(hostIp)) problems.hostIp = { key: 'address' }
  if (hostPort === '') return problems
  if (!isPort(hostPort)) return { ...problems, hostPort: { key: 'port' } }
  if (!isPort(String(Number(hostPort) + count - 1))) return { ...problems, hostPort: { key: 'rangeEnd' } }
  for (let index = 0; index < count; index++) {
    const port = Number(hostPort) + index
    const owner = takenBy({ hostPort: port, hostIp, protocol }, taken)
    if (owner) return { ...problems, hostPort: { key: 'taken', owner: owner.owner, port, free: count === 1 ? nextFreePort({ hostPort: port, hostIp, protocol }, taken) : undefined } }
  }
  return problems
}

export function toRange({ hostIp, hostPort, containerPort, protocol }: PortForm, count: number): PortRange {
  const first: PortMapping = { containerPort: Number(containerPort), protocol, ...(hostIp && { hostIp }), ...(hostPort && { hostPort: Number(hostPort) }) }
  return { first, count }
}
