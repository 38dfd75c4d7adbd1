import { hostname, networkInterfaces } from 'node:os'

/**
 * What other machines may know this one by: its name, and the addresses of its interfaces that reach further than a link. Those of containers' bridges
 * are not among them. From inside a user's namespaces the machine's addresses cannot be seen.
 */
export function machineHosts(inNamespaces: boolean): string[] {
  const addresses = Object.entries(inNamespaces ? {} : networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth|slw|virbr)/.test(name))
    .flatMap(([, list]) => list ?? [])
    .filter(({ internal, address, scopeid }) => !internal && !scopeid && !address.startsWith('169.254.'))
    .map(({ address }) => address)
  const name = hostname()
  return [...new Set([...addresses.sort(), ...(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name) ? [name] : [])])]
}
