import { readFileSync } from 'node:fs'
import { EngineError } from '#shared/errors.ts'
import type { OciProcess } from '../runtime.ts'

/** By number: https://github.com/torvalds/linux/blob/master/include/uapi/linux/capability.h */
const KNOWN = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE',
  'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE',
  'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
].map((name) => `CAP_${name}`)

/** What a container has unless told otherwise: https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE',
].map((name) => `CAP_${name}`)

let available: readonly string[] | undefined

/** Those that this engine may give away: its bounding set. */
export function availableCapabilities(status: string | undefined = undefined): readonly string[] {
  if (status === undefined && available !== undefined) return available
  const mask = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status ?? readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)
  const found = KNOWN.filter((_, number) => (mask >> BigInt(number)) & 1n)
  if (status === undefined) available = found
  return found
}

export interface CapabilityRequest {
  privileged?: boolean
  capAdd?: readonly string[]
  capDrop?: readonly string[]
}

/** Docker's rules: drop wins over what ALL adds, add wins over what ALL drops. @throws invalid-argument in Docker's words for an unknown name. */
export function capabilitiesOf(request: CapabilityRequest, all: readonly string[] = availableCapabilities()): string[] {
  if (request.privileged) return [...all]
  const add = normalizeCapabilities('CapAdd', request.capAdd, all)
  const drop = normalizeCapabilities('CapDrop', request.capDrop, all)
  const base = add.includes('ALL') ? all : drop.includes('ALL') ? [] : DEFAULT_CAPABILITIES.filter((name) => all.includes(name))
  const kept = base.filter((name) => !drop.includes(name))
  return [...new Set([...kept, ...add.filter((name) => name !== 'ALL')])]
}

/** Capital letters and CAP_ before each, `ALL` excepted. @throws invalid-argument in Docker's words for one that is unknown, or cannot be given. */
export function normalizeCapabilities(field: 'CapAdd' | 'CapDrop', names: readonly string[] = [], all: readonly string[] = availableCapabilities()): string[] {
  return names.map((given) => {
    const upper = given.toUpperCase()
    if (upper === 'ALL') return upper
    const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`
    if (!KNOWN.includes(name)) throw new EngineError('invalid-argument', `invalid ${field}: unknown capability: "${name}"`, { reason: 'unknown-capability' })
    if (field === 'CapAdd' && !all.includes(name)) {
      const why = 'capability not supported by your kernel or not available in the current environment'
      throw new EngineError('invalid-argument', `invalid ${field}: ${why}: "${name}"`, { reason: 'capability-unavailable' })
    }
    return name
  })
}

/** A user other than root starts with none in effect, as execve(2) would have it; the bounding set limits what it may regain by setuid programs. */
export function capabilitySets(names: readonly string[], uid: number): NonNullable<OciProcess['capabilities']> {
  const inEffect = uid === 0 ? [...names] : []
  return { bounding: [...names], effective: inEffect, permitted: inEffect }
}
