import type { MonitoredProcess, Task } from '../../core/runtime/runtime.ts'

/**
 * What of a container lives in memory only, beside its record: its task, those who wait for it, those who attached before it
 * ran. Rebuilt from the kernel by restore.
 */
export interface LiveContainer {
  task: Task | undefined
  /** Called once with the exit code after the next end, also when a restart follows. Cleared then. */
  readonly onExit: Set<(end: { code: number; error?: string }) => void>
  /** Called once when the record is gone. */
  readonly onRemoved: Set<(end: { code: number; error?: string }) => void>
  /** Attached before start; started with the task, so that they miss nothing. */
  readonly pendingAttachments: Set<PendingAttachment>
  readonly execs: Map<string, Exec>
  /** Resolves when the exit was recorded, or the disk has refused that, and everything of the task is cleaned up. */
  settled: Promise<void>
  /** What waits until the disk takes the record of an exit. */
  onceRecorded: (() => Promise<void>) | undefined
  /** A record that the disk refused is being tried again. */
  isRecording: boolean
  /** It is stopped in order to be started again: `--rm` does not remove it. An engine that is cut here leaves one that has ended, which the next removes. */
  isRestarting: boolean
  /** Milliseconds before the next restart by policy. */
  restartDelay: number
  restartTimer: NodeJS.Timeout | undefined
  /** Ends health probes. */
  health: Disposable | undefined
  /** Aborted at exit: followers of logs and stats stop. */
  running: AbortController | undefined
}

export interface PendingAttachment {
  /** Joins the task; resolves when nothing can be missed any more. */
  join(task: Task): Promise<void>
  /** The start failed. */
  abandon(): void
}

export interface Exec {
  /** Settled when its start succeeded or failed. */
  readonly begun: PromiseWithResolvers<void>
  id: string
  containerId: string
  config: ExecConfig
  state: { status: 'created' } | { status: 'starting' } | { status: 'running'; process: MonitoredProcess } | { status: 'exited'; code: number; pid: number; at: number }
  process?: MonitoredProcess
}

export interface ExecConfig {
  args: string[]
  env: string[]
  workingDir: string
  user: string
  privileged: boolean
  tty: boolean
  stdin: boolean
  stdout: boolean
  stderr: boolean
  detachKeys: string | undefined
  consoleSize?: { rows: number; columns: number }
}

export interface LiveContainers {
  of(id: string): LiveContainer
  drop(id: string): void
  findExec(execId: string): Exec | undefined
}

export const FIRST_RESTART_DELAY = 100

export function createLiveContainers(): LiveContainers {
  const all = new Map<string, LiveContainer>()
  return {
    of(id) {
      const known = all.get(id)
      if (known) return known
      const fresh: LiveContainer = {
        task: undefined,
        onExit: new Set(),
        onRemoved: new Set(),
        pendingAttachments: new Set(),
        execs: new Map(),
        settled: Promise.resolve(),
        onceRecorded: undefined,
        isRecording: false,
        isRestarting: false,
        restartDelay: FIRST_RESTART_DELAY,
        restartTimer: undefined,
        health: undefined,
        running: undefined,
      }
      all.set(id, fresh)
      return fresh
    },
    drop: (id) => void all.delete(id),
    findExec(execId) {
      for (const live of all.values()) {
        const exec = live.execs.get(execId)
        if (exec) return exec
      }
      return undefined
    },
  }
}
