import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { removeTree } from '#base/remove-tree.ts'
import type { ContainerLayout } from '../../layout.ts'
import { locateCgroup } from './cgroup/locate.ts'
import { removeEmptyCgroup } from './cgroup/remove-empty.ts'
import { containerPids } from './cgroup/pids.ts'
import { readStats } from './cgroup/stats.ts'
import { FILTER_ANNOTATION } from './compiled-filters.ts'
import { createExec, execsOf } from './exec.ts'
import { forgetInRuntime, recoverTask } from './recover.ts'
import type { OciSpec, Task, TaskRequest } from './runtime.ts'
import { specText } from './write-spec.ts'
import type { KnownTask, RuntimeContext } from './runtime-context.ts'
import { mountSharedMemory, unmountSharedMemory } from './shared-memory.ts'
import { isSuspended, setSuspended } from './suspend.ts'
import { endedProcess } from './shim/ended-process.ts'
import { openShimProcess, type ShimProcess, type ShimProcessOptions } from './shim/monitored-process.ts'
import { startShim } from './shim/start-shim.ts'
import { readExit, readPid } from './shim/state-files.ts'

const SIGKILL = 9

export async function createTask(context: RuntimeContext, request: TaskRequest): Promise<Task> {
  const { id } = request
  const place = request.layout ?? context.layout.container(id)
  const before = context.tasks.get(id)
  if (before?.ended === false) throw new EngineError('already-exists', `container ${id} runs already`, { reason: 'task-exists' })
  context.warmUp.hint()
  await before?.gone
  writeBundle(place, await withFilter(context, request.spec))
  await using undo = new AsyncDisposableStack()
  undo.defer(() => removeFiles(context, place))
  if (request.sharedMemory !== undefined) mountSharedMemory(context.host.syscalls, place.sharedMemory, request.sharedMemory)
  await startShim(context.host.syscalls, context.command.shim, shimArguments(context, request, place))
  const process = await openShimProcess(processOptions(context, id, place, request.spec))
  if (process === undefined) throw new EngineError('unavailable', 'the shim ended before it was asked anything', { reason: 'shim-lost' })
  undo.move()
  return adopt(context, id, place, process)
}

export async function openTask(context: RuntimeContext, id: string, place: ContainerLayout): Promise<KnownTask | undefined> {
  const options = processOptions(context, id, place)
  const process = (await openShimProcess(options)) ?? (await findEnded(context, id, place))
  return process === undefined ? undefined : adopt(context, id, place, process)
}

async function findEnded(context: RuntimeContext, id: string, place: ContainerLayout): Promise<ShimProcess | undefined> {
  const identity = readPid(place.shimState)
  const known = identity !== undefined || readExit(place.shimState) !== undefined || existsSync(join(context.layout.runtimeRoot, id))
  if (known) return endedProcess(await recoverTask(context, id, place), identity?.pid)
  removeFiles(context, place) /* a shim that nobody told to start */
  return undefined
}

function adopt(context: RuntimeContext, id: string, place: ContainerLayout, process: ShimProcess): KnownTask {
  const task = taskOf(context, id, place, process)
  context.tasks.set(id, task)
  return task
}

function taskOf(context: RuntimeContext, id: string, place: ContainerLayout, process: ShimProcess): KnownTask {
  const { command, host } = context
  const cgroup = () => (process.pid === undefined ? undefined : locateCgroup(process.pid, id))
  // A task owns its execs from before they exist: remove() lets no more begin, and waits for those that have begun.
  const births = new Set<Promise<unknown>>()
  let leaving = false
  const suspendable = () => ({ syscalls: host.syscalls, cgroup: cgroup(), pid: process.ended ? undefined : process.pid })
  const task: KnownTask = {
    id,
    get pid() {
      return process.pid
    },
    get ended() {
      return process.ended
    },
    gone: process.gone,
    start: process.start,
    attach: process.attach,
    resize: process.resize,
    signal: process.signal,
    exited: process.exited,
    close: process.close,
    async exec(request) {
      if (leaving) throw new EngineError('failed-precondition', `container ${id} is not running`, { reason: 'not-running' })
      const birth = createExec(context, id, request)
      births.add(birth)
      return await birth.finally(() => births.delete(birth))
    },
    pause: () => setSuspended(suspendable(), true),
    resume: () => setSuspended(suspendable(), false),
    isPaused: () => isSuspended(suspendable()),
    async update(resources) {
      // A file: crun opens /dev/stdin by name, which a socket (what Node gives a child) refuses.
      const file = join(place.bundle, 'resources.json')
      writeFileSync(file, JSON.stringify(resources), { mode: 0o600 })
      await command.run(['update', '--resources', file, id]).finally(() => rmSync(file, { force: true }))
    },
    pids: async () => (process.pid === undefined || process.ended ? [] : await containerPids(cgroup(), process.pid)),
    stats: () => readStats(process.ended ? undefined : cgroup(), host.facts.memoryBytes),
    async remove() {
      leaving = true
      await removeTask(context, task, place, births)
    },
  }
  return task
}

async function removeTask(context: RuntimeContext, task: KnownTask, place: ContainerLayout, births: ReadonlySet<Promise<unknown>>): Promise<void> {
  if (!task.ended && task.pid === undefined) task.close() /* never started: its shim ends with the last client */
  else await killAndWait(task)
  await forgetInRuntime(context, task.id)
  if (task.pid === undefined) removeCgroup(place)
  await Promise.allSettled(births)
  await Promise.all((await execsOf(context, task.id)).map((exec) => exec.remove()))
  removeFiles(context, place)
  if (context.tasks.get(task.id) === task) context.tasks.delete(task.id)
}

async function killAndWait(task: KnownTask): Promise<void> {
  if (!task.ended) {
    await task.signal(SIGKILL).catch(() => {}) /* it has just ended */
    await task.resume().catch(() => {}) /* a frozen process dies when thawed */
  }
  await task.gone
}

function processOptions(context: RuntimeContext, id: string, place: ContainerLayout, spec?: OciSpec): ShimProcessOptions {
  return {
    stateDirectory: place.shimState,
    kind: 'task',
    executable: () => (spec ?? readBundle(place)).process.args[0] ?? '',
    recover: () => recoverTask(context, id, place),
  }
}

function shimArguments({ command }: RuntimeContext, { id, tty, stdin, log, spec }: TaskRequest, place: ContainerLayout): string[] {
  const { cgroupsPath } = spec.linux
  const logging = log === undefined ? [] : ['--log-dir', log.directory, '--log-max-size', String(log.maxSize), '--log-max-files', String(log.maxFiles)]
  return ['run', '--id', id, '--state', place.shimState, '--bundle', place.bundle, '--stdin', stdin, ...(tty ? ['--tty'] : []), ...(cgroupsPath?.startsWith('/') ? ['--cgroup', cgroupsPath] : []), ...logging, ...command.shimOptions]
}

/** The compiled filter; the first container of a profile waits for it, so that all of them get the same. */
async function withFilter({ filters }: RuntimeContext, spec: OciSpec): Promise<OciSpec> {
  const { seccomp } = spec.linux
  if (seccomp === undefined) return spec
  if (filters.find(seccomp) === undefined) await filters.prepare(seccomp)
  const filter = filters.find(seccomp)
  return filter === undefined ? spec : { ...spec, annotations: { ...spec.annotations, [FILTER_ANNOTATION]: filter } }
}

/** The run root is memory: a few microseconds here cost less than the way through the thread pool. */
function writeBundle(place: ContainerLayout, spec: OciSpec): void {
  mkdirSync(place.bundle, { recursive: true, mode: 0o700 })
  mkdirSync(place.shimState, { recursive: true, mode: 0o700 })
  writeFileSync(join(place.bundle, 'config.json'), specText(spec), { mode: 0o600 })
}

/** Of a container whose start failed or was cut: the runtime's own is gone with it. */
function removeCgroup(place: ContainerLayout): void {
  const path = existsSync(join(place.bundle, 'config.json')) ? readBundle(place).linux.cgroupsPath : undefined
  if (path?.startsWith('/')) removeEmptyCgroup(path)
}

const readBundle = (place: ContainerLayout) => JSON.parse(readFileSync(join(place.bundle, 'config.json'), 'utf8')) as OciSpec

/** Never what is below the rootfs: it may still be mounted, and then it is not ours. */
function removeFiles({ host }: RuntimeContext, place: ContainerLayout): void {
  unmountSharedMemory(host.syscalls, place.sharedMemory)
  removeTree(place.shimState)
  rmSync(join(place.bundle, 'config.json'), { force: true })
  for (const directory of [place.rootfs, place.bundle, join(place.bundle, '..')]) removeIfEmpty(directory)
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    /* mounted, or another's files: for whoever put them there */
  }
}
