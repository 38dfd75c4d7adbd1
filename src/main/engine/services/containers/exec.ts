import { randomBytes } from 'node:crypto'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import type { Exec as ExecProcess, Task } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from './detach-keys.ts'
import { publishContainerEvent } from './events.ts'
import type { Exec, ExecConfig } from './live.ts'
import type { ContainerRecord } from './record.ts'
import { carryStdio, type StdioPeer } from './stdio.ts'

/** Finished execs can be asked about this long. */
const KEPT_FOR = 5 * 60_000

/** @throws failed-precondition when the container does not run, or is paused. */
export function createExec(ctx: ContainersContext, reference: string, config: ExecConfig): string {
  const record = ctx.records.get(reference)
  taskFor(ctx, record)
  if (config.args.length === 0) throw new EngineError('invalid-argument', 'No exec command specified', { field: 'command' })
  if (config.detachKeys) parseDetachKeys(config.detachKeys)
  const id = randomBytes(32).toString('hex')
  const live = ctx.live.of(record.id)
  forgetOld(live.execs)
  live.execs.set(id, { id, containerId: record.id, config, state: { status: 'created' }, begun: Promise.withResolvers() })
  publishContainerEvent(ctx, record, `exec_create: ${config.args.join(' ')}`, { execID: id })
  return id
}

/** @throws not-found: `No such exec instance` */
export function getExec(ctx: ContainersContext, execId: string): Exec {
  const exec = ctx.live.findExec(execId)
  if (exec) return exec
  throw new EngineError('not-found', `No such exec instance: ${execId}`, { reason: 'no-such-exec' })
}

export interface ExecStart {
  tty: boolean
  /** Runs it with the client's stdio; resolves when it is over for the client. */
  attached(peer: StdioPeer): Promise<void>
  /** Runs it with nobody attached; resolves when it has started. */
  detached(): Promise<void>
}

/** Claims the start of an exec: it can be started once. @throws conflict, failed-precondition */
export function beginExec(ctx: ContainersContext, execId: string, consoleSize?: { rows: number; columns: number }): ExecStart {
  const exec = getExec(ctx, execId)
  if (exec.state.status !== 'created') throw new EngineError('conflict', exec.state.status === 'exited' ? `exec ${execId} has already run` : `Error: Exec command ${execId} is already running`)
  const record = ctx.records.get(exec.containerId)
  const task = taskFor(ctx, record)
  exec.state = { status: 'starting' }
  if (consoleSize) exec.config = { ...exec.config, consoleSize }
  return {
    tty: exec.config.tty,
    attached: (peer) => runAttached(ctx, record, exec, task, peer),
    async detached() {
      const process = await prepare(ctx, record, exec, task)
      await start(ctx, record, exec, process)
    },
  }
}

async function runAttached(ctx: ContainersContext, record: ContainerRecord, exec: Exec, task: Task, peer: StdioPeer): Promise<void> {
  const { stdin, stdout, stderr, tty, detachKeys } = exec.config
  const process = await prepare(ctx, record, exec, task)
  const stream = await process.attach({ stdin, stdout: stdout || tty, stderr })
  const carried = carryStdio(stream, { ...peer, input: stdin ? peer.input : undefined }, tty ? parseDetachKeys(detachKeys || DEFAULT_DETACH_KEYS) : undefined)
  carried.catch(() => {})
  const ended = await start(ctx, record, exec, process)
  if ((await carried) === 'detached') publishContainerEvent(ctx, record, 'exec_detach', { execID: exec.id })
  // A client asks for the exit code as soon as its stream ends.
  else if (!peer.signal.aborted) await ended.recorded
}

async function prepare(ctx: ContainersContext, record: ContainerRecord, exec: Exec, task: Task): Promise<ExecProcess> {
  const { config } = exec
  try {
    const process = await ctx.spec.exec({
      containerId: record.id,
      rootfs: ctx.layout.container(record.id).rootfs,
      args: config.args,
      env: config.env,
      cwd: config.workingDir || undefined,
      user: config.user,
      tty: config.tty,
      privileged: config.privileged,
      consoleSize: config.consoleSize,
    })
    return await task.exec({ execId: exec.id, process, stdin: config.stdin })
  } catch (error) {
    failed(exec, error)
    throw error
  }
}

/** Resolves when it runs, to a promise of its recorded end. */
async function start(ctx: ContainersContext, record: ContainerRecord, exec: Exec, process: ExecProcess): Promise<{ recorded: Promise<void> }> {
  const about = { execID: exec.id }
  try {
    const pid = await process.start()
    exec.state = { status: 'running', process }
    exec.begun.resolve()
    publishContainerEvent(ctx, record, `exec_start: ${exec.config.args.join(' ')}`, about)
    const recorded = process.exited.then(async (exit) => {
      exec.state = { status: 'exited', code: exit.code, pid, at: Date.now() }
      publishContainerEvent(ctx, record, 'exec_die', { ...about, exitCode: String(exit.code) })
      await process.remove()
    })
    recorded.catch((error: unknown) => ctx.log(`exec ${exec.id}: ${messageOf(error)}`))
    return { recorded }
  } catch (error) {
    failed(exec, error)
    await process.remove().catch(() => {})
    throw error
  }
}

function failed(exec: Exec, error: unknown): void {
  const reason = isEngineError(error) ? error.reason : undefined
  exec.state = { status: 'exited', code: reason === 'executable-not-found' ? 127 : reason === 'not-executable' ? 126 : 128, pid: 0, at: Date.now() }
  exec.begun.resolve()
}

function taskFor(ctx: ContainersContext, record: ContainerRecord): Task {
  const { task } = ctx.live.of(record.id)
  if (record.state.status === 'paused') throw new EngineError('failed-precondition', `Container ${record.id} is paused, unpause the container before exec`)
  if (record.state.status === 'restarting') throw new EngineError('failed-precondition', `Container ${record.id} is restarting, wait until the container is running`)
  if (record.state.status !== 'running' || !task) throw new EngineError('failed-precondition', `container ${record.id} is not running`, { reason: 'not-running' })
  return task
}

/** Clients send the first size as soon as the stream is theirs, which is before the process runs. @throws failed-precondition when it does not run. */
export async function resizeExec(ctx: ContainersContext, execId: string, size: { rows: number; columns: number }): Promise<void> {
  const exec = getExec(ctx, execId)
  if (exec.state.status === 'starting') await exec.begun.promise
  const { state } = exec
  if (state.status !== 'running') throw new EngineError('failed-precondition', `exec ${execId} is not running`, { reason: 'not-running' })
  await state.process.resize(size)
}

function forgetOld(execs: Map<string, Exec>): void {
  const before = Date.now() - KEPT_FOR
  for (const [id, { state }] of execs) if (state.status === 'exited' && state.at < before) execs.delete(id)
}
