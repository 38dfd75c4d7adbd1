import type { LocationQuery } from 'vue-router'
import type { MountRequest } from '#shared/contract/containers.ts'

/** A mount in an address: `ro` or `rw`, where it goes, and what of the machine it is. */
export const mountWord = (mount: { source: string; target: string; readOnly: boolean }): string => `${mount.readOnly ? 'ro' : 'rw'}:${mount.target}:${mount.source}`

/** The mount that an address asks to add, if it does. */
export function editMount({ mount }: LocationQuery): MountRequest | undefined {
  const found = typeof mount === 'string' ? /^(ro|rw):(\/[^:]*):(\/.*)$/.exec(mount) : null
  if (!found) return undefined
  return { kind: 'bind', source: found[3] ?? '', target: found[2] ?? '', ...(found[1] === 'ro' && { readOnly: true }) }
}
