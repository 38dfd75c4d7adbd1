import type { Settings } from '../recipe/settings.ts'
import { labelsOf, nameOf, said, type Port, type Workload } from './workload.ts'

export function portsOf({ host, exposed }: Settings): Port[] {
  const published = Object.entries(host.PortBindings ?? {}).flatMap(([key, places]) => (places ?? []).map(({ HostIp: ip = '', HostPort = '' }) => ({ key, outside: Number(HostPort), open: !isLoopback(ip), loopback: isLoopback(ip) })))
  const all = [...published, ...exposed.map((key) => ({ key, outside: 0, open: false, loopback: false }))].map(({ key, outside, ...rest }) => {
    const [inside = '', protocol = 'tcp'] = key.split('/')
    return { name: `${protocol}-${outside || Number(inside)}`, inside: Number(inside), outside: outside || Number(inside), protocol: protocol.toUpperCase(), ...rest }
  })
  // IPv4 and IPv6 of one port are one.
  return [...new Map(all.map((port) => [port.name, port])).values()]
}
const isLoopback = (ip: string) => /^(127\.|::1$)/.test(ip)

/**
 * Ports that were published get a Service of their own where there are others that must not be open with them. Others of a project reach a service by its
 * name at the ports it listens on; where none is known the name leads to the pods themselves (headless), where every port is open, as on a network of Docker.
 * A StatefulSet wants a service even where nothing listens.
 */
export function servicesOf(workload: Workload, ports: Port[], kept: boolean): object[] {
  const name = nameOf(workload.settings.name)
  const open = ports.filter((port) => port.open)
  if (workload.project === undefined) {
    const inner = ports.filter((port) => !port.open)
    if (ports.length === 0) return kept ? [service(workload, name, { clusterIP: 'None' })] : []
    if (open.length === 0) return [service(workload, name, { type: 'ClusterIP', ports: inner.map(outer) })]
    return [...(inner.length > 0 ? [service(workload, name, { type: 'ClusterIP', ports: inner.map(outer) })] : []), service(workload, inner.length > 0 ? `${name}-published` : name, { type: 'LoadBalancer', ports: open.map(outer) })]
  }
  const inside = [...new Map(ports.map((port) => [`${port.protocol}${port.inside}`, port])).values()].map(({ inside: port, protocol }) => ({ name: `${protocol.toLowerCase()}-${port}`, port, targetPort: port, protocol }))
  const names = workload.ends ? [] : [...new Set([name, ...workload.aliases.map(nameOf)])]
  const kind = inside.length > 0 ? { type: 'ClusterIP', ports: inside } : { clusterIP: 'None' }
  return [...names.map((each) => service(workload, each, kind)), ...(open.length > 0 ? [service(workload, `${name}-published`, { type: 'LoadBalancer', ports: open.map(outer) })] : [])]
}

const outer = ({ name, outside, protocol }: Port) => ({ name, port: outside, targetPort: name, protocol })

function service(workload: Workload, name: string, spec: { type?: string; clusterIP?: string; ports?: object[] }): object {
  const { ports, ...kind } = spec
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, labels: labelsOf(workload) }, spec: said({ ...kind, selector: labelsOf(workload), ports }) }
}
