import type { Duplex } from 'node:stream'

/**
 * The runtime: makes containers run, by an OCI runtime (crun or runc) under one shim per process (native/shim/README.md).
 *
 * A **task** is a running container; its **bundle** is the directory with config.json and rootfs. `createTask` starts the
 * shim, whose socket listens when the promise resolves: attach first, then `start`, and no byte of output is missed. The task outlives the engine:
 * after a restart `openTask` connects to the same shim again, or finds the exit that it left behind.
 *
 * An **exec** is a process added to a running task, under a shim of its own, with the same interface.
 *
 * `exited` resolves once, with how it ended, after every byte of output was delivered to whoever was attached, and after the
 * runtime's state and cgroup are gone.
 */
export interface Runtime {
  createTask(request: TaskRequest): Promise<Task>
  /** The task of an earlier engine. Undefined when there is none; `exited` is already settled when it ended meanwhile. */
  openTask(id: string): Promise<Task | undefined>
}

export interface TaskRequest {
  id: string
  /** OCI config.json, made by spec/. Written into the bundle. */
  spec: OciSpec
  stdin: 'none' | 'keep' | 'once'
  tty: boolean
  /** Undefined: the output goes only to those attached. */
  log?: { directory: string; maxSize: number; maxFiles: number }
}

export interface MonitoredProcess {
  readonly pid: number | undefined
  /** Starts the process. @throws invalid-argument with the runtime's words: reason `executable-not-found` or `not-executable` where it is that. */
  start(): Promise<number>
  /** Joins stdio; allowed before start. Closing the stream leaves the process running. */
  attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<AttachStream>
  resize(size: { rows: number; columns: number }): Promise<void>
  /** Never reaches another process that got the same pid. @throws failed-precondition when it is not running. */
  signal(signal: number): Promise<void>
  readonly exited: Promise<Exit>
}

export interface Task extends MonitoredProcess {
  readonly id: string
  exec(request: ExecRequest): Promise<MonitoredProcess>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Changes limits of the running container. */
  update(resources: OciResources): Promise<void>
  /** Pids in the container, as the host sees them. */
  pids(): Promise<number[]>
  stats(): Promise<TaskStats>
  /** Removes what is left of the bundle after exit; kills first when it still runs. */
  remove(): Promise<void>
}

export interface ExecRequest {
  execId: string
  process: OciProcess
  stdin: boolean
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
    seccomp?: object
    sysctl?: Record<string, string>
    maskedPaths?: string[]
    readonlyPaths?: string[]
    rootfsPropagation?: string
    mountLabel?: string
  }
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
