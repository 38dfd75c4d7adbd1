import { EngineError } from '#shared/errors.ts'
import type { AttachStream, Exec, Exit, Runtime, Task, TaskRequest } from '../../../core/runtime/runtime.ts'

/** A task that ends when the test says so, or by the signals it obeys. */
export interface FakeTask extends Task {
  readonly request: TaskRequest
  readonly signals: number[]
  readonly received: string[]
  print(text: string, stream?: 'stdout' | 'stderr'): void
  end(exit?: Partial<Exit>): void
  removed: boolean
}

export interface FakeRuntime extends Runtime {
  readonly tasks: Map<string, FakeTask>
  /** Signals that end a task; KILL always does. */
  obeys: number[]
  /** The next start fails with this. */
  failure: Error | undefined
  /** How the next exec ends, and what it prints. */
  execResult: { code: number; output: string }
  /** Execs that the last sweep was told to keep. */
  keptExecs: ReadonlySet<string>
}

let pids = 1000

export function createFakeRuntime(): FakeRuntime {
  const tasks = new Map<string, FakeTask>()
  const execs = new Map<string, Exec>()
  const runtime: FakeRuntime = {
    tasks,
    obeys: [15],
    failure: undefined,
    execResult: { code: 0, output: '' },
    keptExecs: new Set(),
    expectStart() {},
    async createTask(request) {
      const task = createFakeTask(request, runtime)
      tasks.set(request.id, task)
      return task
    },
    openTask: async (id) => tasks.get(id),
    openExec: async (id) => execs.get(id),
    async sweepExecs(known) {
      runtime.keptExecs = known
    },
    listTasks: async () => [...tasks.keys()],
    close: async () => {},
  }
  return runtime
}

function createFakeTask(request: TaskRequest, runtime: FakeRuntime): FakeTask {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>()
  const outputs = new Set<{ push(frame: { stream: 'stdout' | 'stderr'; bytes: Uint8Array } | undefined): void }>()
  const received: string[] = []
  const signals: number[] = []
  let pid: number | undefined
  let paused = false
  let ended = false
  const end = (exit: Partial<Exit> = {}) => {
    if (ended) return
    ended = true
    for (const output of outputs) output.push(undefined)
    resolve({ code: 0, oomKilled: false, at: BigInt(Date.now()) * 1_000_000n, ...exit })
  }
  const task: FakeTask = {
    id: request.id,
    request,
    signals,
    received,
    removed: false,
    exited,
    get pid() {
      return pid
    },
    async start() {
      if (runtime.failure) {
        const { failure } = runtime
        runtime.failure = undefined
        throw failure
      }
      pid = pids++
      return pid
    },
    attach: async () => fakeAttach(outputs, received),
    resize: async () => {},
    async signal(signal) {
      if (ended) throw new EngineError('failed-precondition', 'ended', { reason: 'not-running' })
      signals.push(signal)
      if (signal === 9 || runtime.obeys.includes(signal)) end({ code: 128 + signal })
    },
    exec: async ({ execId }) => fakeExec(execId, request.id, runtime),
    pause: async () => void (paused = true),
    resume: async () => void (paused = false),
    isPaused: async () => paused,
    update: async () => {},
    pids: async () => (pid === undefined ? [] : [pid]),
    stats: async () => ({ cpu: undefined, memory: undefined, pids: undefined, io: [] }),
    async remove() {
      end({ code: 137 })
      task.removed = true
      if (runtime.tasks.get(request.id) === task) runtime.tasks.delete(request.id)
    },
    print: (text, stream = 'stdout') => outputs.forEach((output) => output.push({ stream, bytes: Buffer.from(text) })),
    end,
  }
  return task
}

function fakeExec(execId: string, taskId: string, runtime: FakeRuntime): Exec {
  const { promise: exited, resolve } = Promise.withResolvers<Exit>()
  const outputs: Parameters<typeof fakeAttach>[0] = new Set()
  return {
    execId,
    taskId,
    pid: 7,
    exited,
    async start() {
      const { code, output } = runtime.execResult
      queueMicrotask(() => {
        for (const reader of outputs) {
          reader.push({ stream: 'stdout', bytes: Buffer.from(output) })
          reader.push(undefined)
        }
        resolve({ code, oomKilled: false, at: 1n })
      })
      return 7
    },
    attach: async () => fakeAttach(outputs, []),
    resize: async () => {},
    signal: async () => resolve({ code: 137, oomKilled: false, at: 1n }),
    remove: async () => {},
  }
}

type Frame = { stream: 'stdout' | 'stderr'; bytes: Uint8Array }

function fakeAttach(outputs: Set<{ push(frame: Frame | undefined): void }>, received: string[]): AttachStream {
  const queue: (Frame | undefined)[] = []
  let wake = () => {}
  const output = {
    push(frame: Frame | undefined) {
      queue.push(frame)
      wake()
    },
  }
  outputs.add(output)
  return {
    async *output() {
      for (;;) {
        while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        const frame = queue.shift()
        if (!frame) return
        yield frame
      }
    },
    async write(bytes) {
      received.push(Buffer.from(bytes).toString())
    },
    end: () => void received.push('<end>'),
    async [Symbol.asyncDispose]() {
      outputs.delete(output)
    },
  }
}
