import type { ContainerLayout } from '../../layout.ts'

/**
 * The runtime: makes containers run, by an OCI runtime (crun or runc) under one shim per process (native/shim/README.md).
 *
 * A **task** is a running container; its **bundle** is the directory with config.json and rootfs. `createTask` starts the
 * shim, whose socket listens when the promise resolves: attach first, then `start`, and no byte of output is missed. The task outlives the engine:
 * after a restart `openTask` connects to the same shim again, or finds the exit that it left behind.
 *
 * An **exec** is a process added to a running task, under a shim of its own, with the same interface.
 *
 * `exited` resolves once, with how it ended, after every byte of output was sent to whoever was attached, and when the exit is on disk. The
 * runtime's state and cgroup go at the same time: `remove`, and `createTask` of the same id, wait for that; nobody else needs to.
 */
export interface Runtime {
  /** A task or an exec will be started within some milliseconds. Only makes it faster: call it before whatever comes before createTask. */
  expectStart(): void
  /** Writes the bundle's config.json and starts the shim. Nothing runs before `start`. @throws already-exists when a task of this id is there. */
  createTask(request: TaskRequest): Promise<Task>
  /**
   * The task of an earlier engine (or of this one). Undefined when the run root knows nothing of it, as after a reboot.
   * When its shim was lost (killed with -9, or by the machine) what the kernel knows decides: what is left of the container is killed
   * and removed, and `exited` says 137, or the code if the shim had written it.
   */
  openTask(id: string, layout?: ContainerLayout): Promise<Task | undefined>
  /** An exec of an earlier engine (or of this one). Undefined when there is none. Its exit stays until `remove`. */
  openExec(execId: string): Promise<Exec | undefined>
  /** Ends and forgets execs of earlier engines that are not among the known ids. */
  sweepExecs(known: ReadonlySet<string>): Promise<void>
  /** Ids of the containers (not of build steps) that have something in the run root, running or not. */
  listTasks(): Promise<string[]>
  /** Lets go of every process; they run on. For the engine's own end. Resolves when no helper of its own is at work. */
  close(): Promise<void>
}

export interface TaskRequest {
  id: string
  /** OCI config.json, made by spec/. Written into the bundle. */
  spec: OciSpec
  stdin: 'none' | 'keep' | 'once'
  tty: boolean
  /** Undefined: the output goes only to those attached. Sizes in bytes; maxSize 0: no rotation. */
  log?: { directory: string; maxSize: number; maxFiles: number }
  /** Bytes of a /dev/shm that other containers can join: mounted at `layout.sharedMemory` as long as the task is there, for the spec to bind (ipc: { shm }). */
  sharedMemory?: number
  /** Where its files are, when it is not a container: `layout.buildStep(id)`. Default `layout.container(id)`. */
  layout?: ContainerLayout
}

export interface MonitoredProcess {
  /** As the host sees it. Undefined before start. */
  readonly pid: number | undefined
  /**
   * Starts the process; resolves to its pid.
   * @throws invalid-argument with the runtime's words (Docker's text): reason `executable-not-found` (a shell's 127) or `not-executable` (126)
   * where it is that, else `start-failed`. The task is gone then; `exited` resolves too, with 127, 126 or 128.
   */
  start(): Promise<number>
  /** Joins stdio; allowed before start. Closing the stream leaves the process running. @throws failed-precondition when it has ended. */
  attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<AttachStream>
  /** Before start too. Without a tty: nothing happens. */
  resize(size: { rows: number; columns: number }): Promise<void>
  /** Never reaches another process that got the same pid. @throws failed-precondition (reason `not-running`) when it is not running. */
  signal(signal: number): Promise<void>
  readonly exited: Promise<Exit>
}

export interface Task extends MonitoredProcess {
  readonly id: string
  /** The task owns it from now on: `remove` ends it too, also one that is just being made. @throws failed-precondition (reason `not-running`) once `remove` was called. */
  exec(request: ExecRequest): Promise<Exec>
  pause(): Promise<void>
  resume(): Promise<void>
  /** What the kernel says. False where it cannot be paused. */
  isPaused(): Promise<boolean>
  /** Changes limits of the running container. */
  update(resources: OciResources): Promise<void>
  /** Pids in the container, as the host sees them. */
  pids(): Promise<number[]>
  stats(): Promise<TaskStats>
  /** Removes what the run root holds of it, its execs included; kills first when it still runs. The rootfs must be unmounted by whoever mounted it. */
  remove(): Promise<void>
}

export interface ExecRequest {
  execId: string
  /** From spec/: createExecProcess. */
  process: OciProcess
  stdin: boolean
}

/** A process added to a task. It lives on when the engine goes. */
export interface Exec extends MonitoredProcess {
  readonly execId: string
  readonly taskId: string
  /** Forgets its exit; kills it first when it still runs. */
  remove(): Promise<void>
}

/** Output by stream, stdin by writing; `end()` half-closes stdin. */
export interface AttachStream extends AsyncDisposable {
  /** Frames in order. Ends after exit. Reading slowly slows the process down. */
  output(): AsyncIterable<{ stream: 'stdout' | 'stderr'; bytes: Uint8Array }>
  write(bytes: Uint8Array): Promise<void>
  end(): void
}

export interface Exit {
  /** 128 + signal when killed by one. */
  code: number
  oomKilled: boolean
  /** Unix nanoseconds. */
  at: bigint
  /** The shim was lost before it could write the exit: the code is 137 because what was left was killed, or because nobody knows; `at` is when that was found out. */
  lost?: boolean
}

/** Cumulative counters; the same shape from cgroup v1 and v2. Undefined: the host cannot tell. Times in nanoseconds, sizes in bytes. */
export interface TaskStats {
  cpu: { total: number; user: number; system: number; perCpu?: number[]; throttledPeriods: number; throttledTime: number; periods: number } | undefined
  memory: { usage: number; limit: number; inactiveFile: number; maxUsage?: number; failcnt?: number; stats: Record<string, number> } | undefined
  pids: { current: number; limit?: number } | undefined
  io: { major: number; minor: number; op: string; bytes: number; ios: number }[]
}

/** The parts of the OCI runtime-spec config.json that we write: https://github.com/opencontainers/runtime-spec/blob/main/config.md */
export interface OciSpec {
  ociVersion: string
  process: OciProcess
  root: { path: string; readonly: boolean }
  hostname?: string
  /** Needs runtime-spec 1.1, which crun 1.8 and runc 1.1 do not know; a sysctl is used with those. */
  domainname?: string
  mounts: OciMount[]
  annotations?: Record<string, string>
  linux: {
    namespaces: { type: 'pid' | 'network' | 'ipc' | 'uts' | 'mount' | 'cgroup' | 'user'; path?: string }[]
    uidMappings?: { containerID: number; hostID: number; size: number }[]
    gidMappings?: { containerID: number; hostID: number; size: number }[]
    devices?: { type: 'c' | 'b' | 'p'; path: string; major: number; minor: number; fileMode?: number; uid?: number; gid?: number }[]
    cgroupsPath?: string
    resources?: OciResources
    seccomp?: OciSeccomp
    sysctl?: Record<string, string>
    maskedPaths?: string[]
    readonlyPaths?: string[]
    rootfsPropagation?: string
    mountLabel?: string
  }
}
/** https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp */
export interface OciSeccomp {
  defaultAction: string
  defaultErrnoRet?: number
  architectures?: string[]
  flags?: string[]
  listenerPath?: string
  listenerMetadata?: string
  syscalls?: { names: string[]; action: string; errnoRet?: number; args?: { index: number; value: number; valueTwo?: number; op: string }[] }[]
}
export interface OciMount {
  destination: string
  type?: string
  source?: string
  options?: string[]
}
export interface OciProcess {
  terminal?: boolean
  consoleSize?: { height: number; width: number }
  user: { uid: number; gid: number; additionalGids?: number[]; umask?: number }
  args: string[]
  env: string[]
  cwd: string
  capabilities?: { bounding: string[]; effective: string[]; permitted: string[]; inheritable?: string[]; ambient?: string[] }
  rlimits?: { type: string; soft: number; hard: number }[]
  noNewPrivileges?: boolean
  apparmorProfile?: string
  oomScoreAdj?: number
}
export interface OciResources {
  devices?: { allow: boolean; type?: string; major?: number; minor?: number; access?: string }[]
  memory?: { limit?: number; reservation?: number; swap?: number; swappiness?: number; disableOOMKiller?: boolean; kernelTCP?: number }
  cpu?: { shares?: number; quota?: number; period?: number; realtimeRuntime?: number; realtimePeriod?: number; cpus?: string; mems?: string }
  pids?: { limit: number }
  blockIO?: { weight?: number; weightDevice?: { major: number; minor: number; weight: number }[]; [throttle: `throttle${string}`]: { major: number; minor: number; rate: number }[] | undefined }
  unified?: Record<string, string>
}
