import type { PortMapping, Protocol } from '#shared/contract/containers.ts'

/** `[ip:][host:]container[/protocol]`, ranges on both sides of the same length. Undefined for what is none of these. */
export function readPorts(text: string): PortMapping[] | undefined {
  const found = /^(?:(\[[0-9a-f:.]+\]|\d+\.\d+\.\d+\.\d+|[0-9a-f:]*::[0-9a-f:]*):)?(?:(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/i.exec(text)
  if (!found) return undefined
  const hostIp = found[1]?.replace(/^\[|\]$/g, '')
  const protocol = (found[4]?.toLowerCase() ?? 'tcp') as Protocol
  const [host, inside] = [range(found[2]), range(found[3])]
  if (!inside || (found[2] && !host)) return undefined
  const length = inside.last - inside.first + 1
  // One port in the container may be given whichever of a range is free; a form names it.
  if (host && host.last - host.first + 1 !== length && length !== 1) return undefined
  return Array.from({ length }, (_, index) => ({ containerPort: inside.first + index, protocol, ...(hostIp && { hostIp }), ...(host && { hostPort: host.first + index }) }))
}

function range(text: string | undefined): { first: number; last: number } | undefined {
  if (!text) return undefined
  const [first = 0, last = first] = text.split('-').map(Number)
  return first >= 1 && last <= 65_535 && first <= last && last - first < 5_000 ? { first, last } : undefined
}
