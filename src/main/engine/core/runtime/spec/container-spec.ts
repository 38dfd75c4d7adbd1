import type { OciSpec } from '../runtime.ts'
import type { ResourceLimits } from './resource-limits.ts'
import type { ResolvedUser } from './user.ts'

/**
 * The spec: everything a Docker container can ask, in one type, and from it the config.json of the OCI runtime.
 *
 * The words are those of Docker's HostConfig and Config (API 1.50), parsed: no `container:ID` or `a:b:ro` strings, no image, no
 * volumes by name, no networks by name. Whoever calls has mounted the rootfs, turned volumes into host paths and has a sandbox.
 *
 * `createContainerSpec(input, host)` makes the spec; `createExecProcess(input, host)` the process of an exec; `createSpecMaker(host, layout)` binds both to a machine;
 * `checkResourceLimits(limits, host)` is for create and update: it refuses what Docker refuses and returns Docker's warnings.
 * What the host cannot do (no cgroup, rootless) is left out of the spec, with a warning where Docker has one.
 */
export interface ContainerSpecInput {
  id: string
  /** Mounted already. */
  rootfs: { path: string; readonly: boolean }
  process: ProcessInput
  hostname?: string
  domainname?: string
  /** Files of ours seen as /etc/hosts, /etc/hostname, /etc/resolv.conf. A mount of the user on the same path wins. */
  files?: { hosts?: string; hostname?: string; resolvConf?: string }
  /** Order does not matter; a later one wins on the same target. */
  mounts?: readonly MountInput[]
  namespaces?: NamespaceInput
  /** Bytes of /dev/shm. Default 64 MiB. */
  shmSize?: number
  /** --init: a small program of ours becomes process 1; it forwards signals and reaps. Ignored, as Docker does, without a private pid namespace. */
  init?: boolean
  security?: SecurityInput
  devices?: readonly DeviceInput[]
  /** `c 42:* rmw` */
  deviceCgroupRules?: readonly string[]
  limits?: ResourceLimits
  /** A cgroup path for cgroupfs, a slice (x.slice) for systemd. */
  cgroupParent?: string
  /** name without RLIMIT_, as `nofile`; -1 is unlimited. Clamped to what this machine lets us raise. */
  ulimits?: readonly { name: string; soft: number; hard: number }[]
  sysctls?: Readonly<Record<string, string>>
  /** -1000 … 1000 */
  oomScoreAdj?: number
  annotations?: Readonly<Record<string, string>>
}

export interface ProcessInput {
  /** Entrypoint and command together; never empty. */
  args: readonly string[]
  /** KEY=VALUE over the defaults (PATH, HOSTNAME, TERM with a tty, HOME of the user, also in place of an empty one); a KEY alone removes it. The last one wins. */
  env: readonly string[]
  /** Absolute. Default `/`. */
  cwd?: string
  /** `name|uid[:name|gid]`, looked up in the rootfs; or ids found before. Default root. */
  user?: string | ResolvedUser
  /** --group-add: names or gids. */
  groups?: readonly string[]
  tty: boolean
  consoleSize?: { rows: number; columns: number }
}

/** `host` shares the engine's; a path joins that namespace (/proc/PID/ns/…, or a pinned one). Default private. */
export interface NamespaceInput {
  /** sandbox: a namespace made for this container. container: another container's. private: one with nothing in it. */
  network?: 'private' | 'host' | { sandbox: string } | { container: string }
  pid?: 'private' | 'host' | { container: string }
  /** none: private and without /dev/shm. `shm`: the host directory to see as /dev/shm (mountSharedMemory), which makes it shareable. */
  ipc?: 'private' | 'none' | 'host' | { shm: string } | { container: string; shm: string }
  uts?: 'private' | 'host'
  /** Default: private on cgroup v2, host otherwise. */
  cgroup?: 'private' | 'host'
}

export interface SecurityInput {
  privileged?: boolean
  /** With or without CAP_, any case, or ALL. */
  capAdd?: readonly string[]
  capDrop?: readonly string[]
  noNewPrivileges?: boolean
  /** A profile is Docker's JSON (archMap, includes, excludes), parsed. Default `default`. */
  seccomp?: 'default' | 'unconfined' | object
  /** Profile name or `unconfined`. Used only where the host has AppArmor. */
  apparmor?: string
  /** Replace Docker's lists; empty arrays are systempaths=unconfined. */
  maskedPaths?: readonly string[]
  readonlyPaths?: readonly string[]
}

export type MountInput =
  | {
      kind: 'bind'
      /** On the host; exists. */
      source: string
      target: string
      readonly: boolean
      /** Read-only binds: whether what is mounted below them is read-only too. Default: where the kernel can. force: refuse otherwise. */
      recursiveReadonly?: 'never' | 'force'
      propagation?: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave'
      /** Does not take along what is mounted below the source. */
      nonRecursive?: boolean
    }
  /** Options of mount(8) for tmpfs, over Docker's noexec,nosuid,nodev: `size=64m`, `exec`, `mode=1777`. */
  | { kind: 'tmpfs'; target: string; options?: readonly string[] }

export interface DeviceInput {
  /** A device, or a directory of them, or a link to either. */
  hostPath: string
  containerPath: string
  /** Of r, w, m. */
  permissions: string
}

export interface ContainerSpec {
  spec: OciSpec
  /** In Docker's words, for the answer to create. */
  warnings: string[]
  user: ResolvedUser
}
