import type { Host } from '../../host/host.ts'

/** Who a process runs as, in the container's own numbers. */
export interface ResolvedUser {
  uid: number
  gid: number
  /** Supplementary groups; Docker's list begins with gid. */
  additionalGids: number[]
  /** From /etc/passwd; `/` when it has no line there. */
  home: string
}

export interface UserRequest {
  /** Host path of the container's root directory. Links in it are followed as if it were `/`, and never out of it. */
  rootfs: string
  /** `name|uid[:name|gid]`; empty is root. */
  user: string
  /** --group-add */
  groups?: readonly string[]
}

export type ResolveUser = (request: UserRequest, host: Pick<Host, 'syscalls'>) => Promise<ResolvedUser>
