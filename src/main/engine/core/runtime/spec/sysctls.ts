import { existsSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import type { HostFacts } from '../../host/host.ts'
import type { ContainerSpecInput, NamespaceInput } from './container-spec.ts'

const IPC = new Set(['kernel.msgmax', 'kernel.msgmnb', 'kernel.msgmni', 'kernel.sem', 'kernel.shmall', 'kernel.shmmax', 'kernel.shmmni', 'kernel.shm_rmid_forced'])

let known: { ping: boolean; ports: boolean } | undefined

/** Kernel settings of the container's own namespaces. @throws invalid-argument for one that would be the host's. */
export function sysctlsOf(input: Pick<ContainerSpecInput, 'sysctls' | 'domainname' | 'namespaces'>, facts: Pick<HostFacts, 'rootless'>): Record<string, string> | undefined {
  const { sysctls = {}, domainname, namespaces = {} } = input
  for (const name of Object.keys(sysctls)) checkOwner(name, namespaces)
  const all = { ...networkDefaults(namespaces, facts), ...(domainname && namespaces.uts !== 'host' && { 'kernel.domainname': domainname }), ...sysctls }
  return Object.keys(all).length === 0 ? undefined : all
}

/** As Docker does: unprivileged ping (whose group range a user namespace cannot set), and ports below 1024 for every user; only in a namespace made for this container. */
function networkDefaults({ network = 'private' }: NamespaceInput, { rootless }: Pick<HostFacts, 'rootless'>): Record<string, string> {
  if (network === 'host' || (typeof network === 'object' && 'container' in network)) return {}
  known ??= { ping: existsSync('/proc/sys/net/ipv4/ping_group_range'), ports: existsSync('/proc/sys/net/ipv4/ip_unprivileged_port_start') }
  return {
    ...(known.ping && !rootless && { 'net.ipv4.ping_group_range': '0 2147483647' }),
    ...(known.ports && { 'net.ipv4.ip_unprivileged_port_start': '0' }),
  }
}

function checkOwner(name: string, { network, ipc, uts }: NamespaceInput): void {
  const refuse = (why: string) => new EngineError('invalid-argument', `sysctl '${name}' ${why}`, { reason: 'invalid-sysctl' })
  const clean = name.replaceAll('/', '.')
  if (!/^[a-z0-9_.-]+$/i.test(clean) || clean.includes('..')) throw refuse('is not a name of a kernel setting')
  const kind = clean.startsWith('net.') ? 'net' : IPC.has(clean) || clean.startsWith('fs.mqueue.') ? 'ipc' : clean === 'kernel.domainname' || clean === 'kernel.hostname' ? 'uts' : undefined
  if (kind === undefined) throw refuse('is not in a separate kernel namespace')
  if ((kind === 'net' && network === 'host') || (kind === 'ipc' && ipc === 'host') || (kind === 'uts' && uts === 'host')) throw refuse(`not allowed in host ${kind === 'net' ? 'network' : kind} namespace`)
}
