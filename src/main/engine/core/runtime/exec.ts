import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError } from '#shared/errors.ts'
import { removeTree } from '#base/remove-tree.ts'
import { recoverExec } from './recover.ts'
import type { Exec, ExecRequest, OciProcess } from './runtime.ts'
import type { KnownExec, RuntimeContext } from './runtime-context.ts'
import { endedProcess } from './shim/ended-process.ts'
import { openShimProcess, type ShimProcess, type ShimProcessOptions } from './shim/monitored-process.ts'
import { startShim } from './shim/start-shim.ts'
import { readExit, readPid } from './shim/state-files.ts'
import { processText } from './write-spec.ts'

/** In an exec's state directory, beside what the shim keeps there: what to run, and in which container. */
const PROCESS_FILE = 'process.json'
const TASK_FILE = 'task'
const SIGKILL = 9

export async function createExec(context: RuntimeContext, taskId: string, { execId, process: what, stdin }: ExecRequest): Promise<Exec> {
  const state = context.layout.execState(execId)
  if (existsSync(state)) throw new EngineError('already-exists', `exec ${execId} exists already`, { reason: 'exec-exists' })
  context.warmUp.hint()
  mkdirSync(state, { recursive: true, mode: 0o700 })
  await using undo = new AsyncDisposableStack()
  undo.defer(() => removeTree(state))
  writeFileSync(join(state, PROCESS_FILE), processText(what), { mode: 0o600 })
  writeFileSync(join(state, TASK_FILE), taskId)
  const { shim, shimOptions } = context.command
  const tty = what.terminal === true ? ['--tty'] : []
  await startShim(context.host.syscalls, shim, ['exec', '--id', taskId, '--state', state, '--process', join(state, PROCESS_FILE), '--stdin', stdin ? 'once' : 'none', ...tty, ...shimOptions])
  const process = await openShimProcess(processOptions(context, state, what))
  if (process === undefined) throw new EngineError('unavailable', 'the shim ended before it was asked anything', { reason: 'shim-lost' })
  undo.move()
  return adopt(context, taskId, execId, process)
}

export async function openExec(context: RuntimeContext, execId: string): Promise<KnownExec | undefined> {
  const state = context.layout.execState(execId)
  const taskId = taskOf(state)
  // Without the name of its task it was cut before it had a shim.
  const process = taskId === undefined ? undefined : ((await openShimProcess(processOptions(context, state))) ?? (await findEnded(context, state)))
  if (taskId !== undefined && process !== undefined) return adopt(context, taskId, execId, process)
  removeTree(state)
  return undefined
}

/** All that the run root has of a task, whichever engine started them. */
export async function execsOf(context: RuntimeContext, taskId: string): Promise<Exec[]> {
  const ids = existsSync(context.layout.execsRun) ? readdirSync(context.layout.execsRun) : []
  const mine = ids.filter((execId) => taskOf(context.layout.execState(execId)) === taskId)
  const execs = await Promise.all(mine.map(async (execId) => context.execs.get(execId) ?? (await openExec(context, execId))))
  return execs.filter((exec) => exec !== undefined)
}

/** Ends and forgets those of earlier engines that nobody knows: a probe that was cut, or what was left half made. */
export async function sweepExecs(context: RuntimeContext, known: ReadonlySet<string>): Promise<void> {
  const ids = existsSync(context.layout.execsRun) ? readdirSync(context.layout.execsRun) : []
  const strays = ids.filter((execId) => !known.has(execId) && !context.execs.has(execId))
  await Promise.all(
    strays.map(async (execId) => {
      await (await openExec(context, execId))?.remove()
      removeTree(context.layout.execState(execId))
    }),
  )
}

async function findEnded(context: RuntimeContext, state: string): Promise<ShimProcess | undefined> {
  const identity = readPid(state)
  if (identity === undefined && readExit(state) === undefined) return undefined
  return endedProcess(await recoverExec(context, state), identity?.pid)
}

function adopt(context: RuntimeContext, taskId: string, execId: string, process: ShimProcess): KnownExec {
  const exec: KnownExec = {
    execId,
    taskId,
    get pid() {
      return process.pid
    },
    start: process.start,
    attach: process.attach,
    resize: process.resize,
    signal: process.signal,
    exited: process.exited,
    close: process.close,
    async remove() {
      await end(process)
      removeTree(context.layout.execState(execId))
      context.execs.delete(execId)
    },
  }
  context.execs.set(execId, exec)
  return exec
}

/** A shim that was not told to start ends with its last client. One that was told has a process soon, or has failed: it is killed when that is known. */
async function end(process: ShimProcess): Promise<void> {
  if (!process.ended && !process.begun) return process.close()
  await process.settled
  if (!process.ended) await process.signal(SIGKILL).catch(() => {}) /* it has just ended */
  await process.gone
}

function processOptions(context: RuntimeContext, state: string, process?: OciProcess): ShimProcessOptions {
  return {
    stateDirectory: state,
    kind: 'exec',
    executable: () => (process ?? (JSON.parse(readFileSync(join(state, PROCESS_FILE), 'utf8')) as OciProcess)).args[0] ?? '',
    recover: () => recoverExec(context, state),
  }
}

function taskOf(state: string): string | undefined {
  try {
    return readFileSync(join(state, TASK_FILE), 'utf8')
  } catch {
    return undefined
  }
}
