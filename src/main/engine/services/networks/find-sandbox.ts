import type { Sandbox } from '../../core/network/sandbox.ts'
import { filesFor, findSandboxBy, hasNames, nameEntryOf } from './names.ts'
import { dnsNamesFor, endpointOf } from './sandbox-record.ts'
import type { NetworksState } from './state.ts'

export function findSandbox(state: NetworksState, containerId: string): Sandbox | undefined {
  const record = state.sandboxes.find(containerId)
  return record && { containerId, namespacePath: state.namespaces.pathOf(containerId), endpoints: record.endpoints.map(endpointOf), ports: record.ports, files: filesFor(state, record) }
}

/** Of a container by its name, its id or what begins no other's id. */
export function findSandboxOf(state: NetworksState, container: string): Sandbox | undefined {
  const named = findSandboxBy(state, container)
  const [found, ...others] = named ? [named] : state.sandboxes.list().filter(({ containerId }) => container !== '' && containerId.startsWith(container))
  return found && others.length === 0 ? findSandbox(state, found.containerId) : undefined
}

/** The old name stops to resolve, the new one starts to. */
export function renameSandbox(state: NetworksState, containerId: string, name: string): void {
  const record = state.sandboxes.find(containerId)
  if (!record) return
  const renamed = { ...record, name }
  const endpoints = record.endpoints.map((endpoint) => (hasNames(state, endpoint) ? { ...endpoint, dnsNames: dnsNamesFor(renamed, endpoint.aliases) } : endpoint))
  state.sandboxes.put(containerId, { ...renamed, endpoints })
  for (const endpoint of endpoints) if (hasNames(state, endpoint)) state.directory.add(nameEntryOf(renamed, endpoint))
}
