/**
 * The host: everything the engine asks of the kernel and of other programs goes through here, and nothing else touches
 * privileges.
 *
 * Two ways of being started give the same Host. As root the engine works directly. As an ordinary user it was put by the
 * launcher (rootless.ts) into the user and mount namespace that RootlessKit's child holds, while it stays in the host's own
 * network namespace: registries on loopback stay reachable, and only bridges, veths and nft rules live in the
 * child's network namespace, which is `networkNamespace`.
 *
 * `facts` is the start-up probe: what this machine can do, what is missing, and the remedy.
 */
export interface Host {
  readonly facts: HostFacts
  readonly syscalls: Syscalls
  /** Path of the namespace in which bridges live, when it is not the engine's own (rootless). */
  readonly networkNamespace: string | undefined
  /** Runs a program to its end. Arguments are never a shell string. Rejects with a coded error on a non-zero exit unless `allowFailure`. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Publishes a host port when a namespace of our own is in between (RootlessKit's port driver). Undefined as root, where nftables does it. */
  readonly portForwarder: PortForwarder | undefined
  /** DNS servers that answer where bridges live (slirp4netns's own), when the machine's resolv.conf may not be reachable from there. Undefined as root. */
  readonly resolvers: readonly string[] | undefined
}

export interface RunOptions {
  input?: string | Uint8Array
  /** Network namespace to run in; 'bridges' means wherever bridges live. Default: the engine's own. */
  networkNamespace?: string | 'bridges'
  allowFailure?: boolean
  /** Milliseconds; the program is killed and the call rejects with deadline-exceeded. Default 30,000. */
  deadline?: number
  signal?: AbortSignal
  environment?: Record<string, string>
}
export interface RunResult {
  code: number
  stdout: string
  stderr: string
}

export interface PortForwarder {
  /** Listens on the host's `hostIp:hostPort` and forwards to `childIp:childPort` inside. @throws already-exists (port-allocated) when taken. */
  add(rule: ForwardRule): Promise<number>
  remove(id: number): Promise<void>
  list(): Promise<(ForwardRule & { id: number })[]>
}
export interface ForwardRule {
  protocol: 'tcp' | 'udp'
  hostIp: string
  hostPort: number
  childIp: string
  childPort: number
}

/** A path as text, or as bytes where a name need not be UTF-8 (layers, archives). */
export type PathName = string | Uint8Array

/** System calls that Node lacks, from the native addon (native/syscalls). All throw EngineError with errno in `reason`. */
export interface Syscalls {
  /**
   * mount(2). `cwd`: relative paths in `data` (overlay's lowerdir), `source` and `target` are taken from there, so that 128 layers fit one page.
   * A bind with `readonly`, `nosuid`, `nodev` or `noexec` gets them by the second call the kernel wants; propagation (`private`, `slave`, `shared`) likewise.
   * Only propagation and no `type`: changes the mount that is there.
   */
  mount(options: { source: string; target: string; type: string; flags?: readonly MountFlag[]; data?: string; cwd?: string }): void
  unmount(target: string, options?: { detach?: boolean }): void
  /**
   * Unmounts, whoever still looks at it, on a thread of libuv's pool: the last to let go of an overlay waits until its disk has written everything, whoever wrote it
   * (https://docs.kernel.org/filesystems/overlayfs.html#volatile-mount).
   */
  detach(target: string): Promise<void>
  /** The umask does not count. */
  mknod(path: PathName, kind: 'fifo' | 'char' | 'block' | 'socket', mode: number, major?: number, minor?: number): void
  /** Extended attributes of the path itself, never of what a link points at. */
  setXattr(path: PathName, name: string, value: Uint8Array): void
  /** Undefined when it has none of that name, or its file system cannot hold any. */
  getXattr(path: PathName, name: string): Uint8Array | undefined
  listXattrs(path: PathName): string[]
  /** Removing what is not there is nothing. */
  removeXattr(path: PathName, name: string): void
  /** When the path itself was last read and written, in nanoseconds; Node's own calls lose the last of them. */
  setTimes(path: PathName, accessed: bigint, modified: bigint): void
  /** openat2(2) with RESOLVE_IN_ROOT: `path` is resolved as if `rootFd` were `/`, links included; never leaves it; no magic links. Returns a file descriptor (close-on-exec). */
  openInRoot(rootFd: number, path: PathName, flags: number, mode?: number): number
  /**
   * Tells ext4 that the folders in this one have nothing to do with each other, so that it keeps each somewhere else; other file systems need no telling, or take none (false). Beside files that were removed within
   * five minutes it makes new ones at 0.2 to 0.5 ms each instead of 0.015, since it looks at every inode of them first (`recently_deleted` in fs/ext4/ialloc.c; FS_TOPDIR_FL, chattr(1) `T`).
   */
  spreadFolders(path: string): boolean
  /** Makes a new network namespace with loopback up and pins it at `path`, which must not exist yet. Undone by `unmount(path)` and removing the file. */
  createNetworkNamespace(path: string): void
  /** A bound, non-blocking socket made inside the namespace at `path`, for dgram's or net's `fd` option. */
  socketIn(path: string, kind: 'udp4' | 'tcp4' | 'udp6' | 'tcp6', address: string, port: number): number
  /**
   * Sends one datagram of netlink messages to the kernel, in the namespace at `path` or the engine's own, and gives back every message it
   * answered. Done off the main thread: taking a link away can take the kernel tens of milliseconds. See netlink(7).
   */
  netlink(path: string | undefined, protocol: number, request: Uint8Array): Promise<Uint8Array>
  /**
   * Gets every datagram of notifications that the kernel sends to a netlink group, as they come; an empty one stands for some that were lost. A thread waits
   * for them; the engine's life does not depend on it.
   */
  watchNetlink(path: string | undefined, protocol: number, group: number, listener: (datagram: Uint8Array) => void): Disposable
  /** flock(2) LOCK_EX|LOCK_NB. False when another holds it. */
  tryLock(fd: number): boolean
  /** Lets the program that this process becomes have the descriptor; Node marks all that it inherits close-on-exec. */
  keepAcrossExec(fd: number): void
  /** Sends a signal by pidfd, only if the process still has this start time (field 22 of /proc/PID/stat). False when it is gone. */
  signalProcess(pid: number, startTime: bigint, signal: number): boolean
  /**
   * Starts a program that goes to the background by itself; resolves when its foreground has exited. A fraction of what Node's spawn
   * costs in a grown process, and none of it on the main thread. `argv[0]` is a path. No other signal, descriptor or variable of ours reaches it.
   */
  launch(argv: readonly string[], environment: readonly string[]): Promise<{ status: number; stderr: string }>
  /** Gives freed heap back to the kernel (malloc_trim). */
  trimHeap(): void
}

export type MountFlag = 'readonly' | 'nosuid' | 'nodev' | 'noexec' | 'bind' | 'recursive' | 'private' | 'slave' | 'shared' | 'remount'

export type CgroupMode = 'v1' | 'hybrid' | 'v2'
/** How the runtime is to manage cgroups: directly, through systemd, or not at all (rootless without delegation). */
export type CgroupDriver = 'cgroupfs' | 'systemd' | 'none'

/** Served at /slipway/host and shown on the first-run page. */
export interface HostFacts {
  rootless: boolean
  kernel: string
  operatingSystem: string
  /** Of the distribution: `12`, `24.04`. Empty where it has none. */
  osVersion: string
  /** GOARCH. */
  architecture: string
  cpus: number
  memoryBytes: number
  runtime: { name: 'crun' | 'runc'; path: string; version: string } | undefined
  storage: 'overlay' | 'fuse-overlayfs' | 'copy'
  cgroup: { mode: CgroupMode; driver: CgroupDriver; controllers: string[] }
  /** Paths that the runtime must not see (crun refuses hybrid cgroups): given to the shim as --hide. */
  hiddenFromRuntime: string[]
  tools: { ip?: string; nft?: string; shim?: string; rootlesskit?: string; slirp4netns?: string; pasta?: string; newuidmap?: string; fuseOverlayfs?: string; mkfs?: string }
  seccomp: boolean
  apparmor: boolean
  checks: HostCheck[]
}

/** One line of the first-run page. */
export interface HostCheck {
  /** Stable: runtime, overlay, user-namespaces, subuid, nft, ip, cgroup, tun, shim. */
  id: string
  status: 'ok' | 'degraded' | 'missing'
  /** What was found. */
  finding: string
  /** What does not work because of it. */
  consequence?: string
  /** The exact command or setting that mends it. */
  remedy?: string
}
