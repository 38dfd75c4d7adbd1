import { EngineError } from '#shared/errors.ts'
import type { Exec, ExecRequest, OciResources, Runtime, Task, TaskRequest, TaskStats } from '../runtime.ts'
import { createFakeProcess, type FakeProcess, type FakeScript } from './fake-process.ts'

/**
 * A Runtime in memory. Programs are scripts, found by the whole command line (arguments joined by blanks) or by the program alone; what is found by neither does
 * not exist. `restart()` gives the runtime of the next engine on the same machine: processes go on.
 */
export interface FakeRuntime extends Runtime {
  restart(): FakeRuntime
  /** Requests in order, for looking at. */
  readonly requests: TaskRequest[]
  /** Ends a task as the machine might: out of memory, or with its shim. */
  endTask(id: string, exit: { code: number; oomKilled?: boolean; lost?: boolean }): void
  /** What `stats` and `update` of a task work on. */
  stats: TaskStats
  readonly updates: { id: string; resources: OciResources }[]
}

interface World {
  scripts: Record<string, FakeScript>
  tasks: Map<string, FakeTask>
  execs: Map<string, { exec: Exec; process: FakeProcess }>
  requests: TaskRequest[]
  updates: FakeRuntime['updates']
  stats: TaskStats
  nextPid: number
}
interface FakeTask {
  task: Task
  process: FakeProcess
}

const NOTHING_KNOWN: TaskStats = { cpu: undefined, memory: undefined, pids: undefined, io: [] }

export function createFakeRuntime(scripts: Record<string, FakeScript> = {}): FakeRuntime {
  return runtimeOn({ scripts, tasks: new Map(), execs: new Map(), requests: [], updates: [], stats: NOTHING_KNOWN, nextPid: 1000 })
}

function runtimeOn(world: World): FakeRuntime {
  return {
    requests: world.requests,
    updates: world.updates,
    get stats() {
      return world.stats
    },
    set stats(stats) {
      world.stats = stats
    },
    restart: () => runtimeOn(world),
    endTask: (id, exit) => world.tasks.get(id)?.process.end(exit),
    expectStart() {},
    createTask: async (request) => createTask(world, request),
    openTask: async (id) => world.tasks.get(id)?.task,
    openExec: async (execId) => world.execs.get(execId)?.exec,
    async sweepExecs(known) {
      for (const { exec } of [...world.execs.values()]) if (!known.has(exec.execId)) await exec.remove()
    },
    listTasks: async () => [...world.tasks.keys()],
    close: async () => {},
  }
}

function scriptFor({ scripts }: World, args: readonly string[]): FakeScript | undefined {
  return scripts[args.join(' ')] ?? scripts[args[0] ?? '']
}

function createTask(world: World, request: TaskRequest): Task {
  const { id, spec, stdin, tty } = request
  if (world.tasks.get(id)?.process.ended === false) throw new EngineError('already-exists', `container ${id} runs already`, { reason: 'task-exists' })
  const { args, env } = spec.process
  const process = createFakeProcess({ args, env, tty, stdin, script: scriptFor(world, args), pid: world.nextPid++ })
  const task = taskOf(world, id, process)
  world.requests.push(request)
  world.tasks.set(id, { task, process })
  return task
}

function taskOf(world: World, id: string, process: FakeProcess): Task {
  let paused = false
  const execs = () => [...world.execs.values()].filter(({ exec }) => exec.taskId === id)
  void process.exited.then(() => execs().forEach((each) => each.process.end({ code: 137 })))
  return Object.assign(Object.create(process) as FakeProcess, {
    id,
    exec: async (request: ExecRequest) => createExec(world, id, request),
    pause: async () => void (paused = true),
    resume: async () => void (paused = false),
    isPaused: async () => paused && !process.ended,
    update: async (resources: OciResources) => void world.updates.push({ id, resources }),
    pids: async () => (process.pid === undefined || process.ended ? [] : [process, ...execs().map((each) => each.process).filter(({ ended }) => !ended)].flatMap(({ pid }) => pid ?? [])),
    stats: async () => world.stats,
    async remove() {
      process.end({ code: 137 })
      for (const { exec } of execs()) await exec.remove()
      world.tasks.delete(id)
    },
  })
}

function createExec(world: World, taskId: string, { execId, process: what, stdin }: ExecRequest): Exec {
  if (world.execs.has(execId)) throw new EngineError('already-exists', `exec ${execId} exists already`, { reason: 'exec-exists' })
  const process = createFakeProcess({ args: what.args, env: what.env, tty: what.terminal === true, stdin: stdin ? 'once' : 'none', script: scriptFor(world, what.args), pid: world.nextPid++ })
  const exec: Exec = Object.assign(Object.create(process) as FakeProcess, {
    execId,
    taskId,
    async remove() {
      process.end({ code: 137 })
      world.execs.delete(execId)
    },
  })
  world.execs.set(execId, { exec, process })
  return exec
}
