import { randomBytes } from 'node:crypto'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Exec as ExecProcess, Task } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from './detach-keys.ts'
import { execAction, publishContainerEvent } from './events.ts'
import { followExec, forgetOldExecs, keepExec } from './exec-records.ts'
import type { Exec, ExecConfig } from './live.ts'
import type { ContainerRecord } from './record.ts'
import { carryStdio, type StdioPeer } from './stdio.ts'

/** @throws failed-precondition when the container does not run, or is paused. */
export function createExec(ctx: ContainersContext, reference: string, config: ExecConfig): string {
  const record = ctx.records.get(reference)
  taskFor(ctx, record, reference)
  if (config.args.length === 0) throw new EngineError('invalid-argument', 'No exec command specified', { field: 'command' })
  if (config.detachKeys) parseDetachKeys(config.detachKeys, 'escape')
  const id = randomBytes(32).toString('hex')
  const exec: Exec = { id, containerId: record.id, config, state: { status: 'created' }, begun: Promise.withResolvers() }
  forgetOldExecs(ctx, record.id)
  keepExec(ctx, exec)
  ctx.live.of(record.id).execs.set(id, exec)
  publishContainerEvent(ctx, record, execAction('exec_create', config.args), { execID: id })
  return id
}

/** @throws not-found: `No such exec instance` */
export function getExec(ctx: ContainersContext, execId: string): Exec {
  const exec = ctx.live.findExec(execId)
  if (exec) return exec
  throw new EngineError('not-found', `No such exec instance: ${execId}`, { reason: 'no-such-exec' })
}

export interface ExecStart {
  /** Runs it with the client's stdio; resolves when it is over for the client. */
  attached(peer: StdioPeer): Promise<void>
  /** Runs it with nobody attached; resolves when it has started. */
  detached(): Promise<void>
}

/** Claims the start of an exec: it can be started once. @throws conflict, failed-precondition */
export function beginExec(ctx: ContainersContext, execId: string, consoleSize?: { rows: number; columns: number }): ExecStart {
  const exec = getExec(ctx, execId)
  if (exec.state.status !== 'created') throw new EngineError('conflict', exec.state.status === 'exited' ? `Error: Exec command ${execId} has already run` : `Error: Exec command ${execId} is already running`)
  const record = ctx.records.get(exec.containerId)
  const task = taskFor(ctx, record)
  exec.state = { status: 'starting' }
  if (consoleSize) exec.config = { ...exec.config, consoleSize }
  return {
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
    failed(ctx, exec, error)
    throw error
  }
}

/** Resolves when it runs, to a promise of its recorded end. */
async function start(ctx: ContainersContext, record: ContainerRecord, exec: Exec, process: ExecProcess): Promise<{ recorded: Promise<void> }> {
  try {
    await process.start()
    publishContainerEvent(ctx, record, execAction('exec_start', exec.config.args), { execID: exec.id })
    return { recorded: followExec(ctx, record, exec, process) }
  } catch (error) {
    failed(ctx, exec, error)
    await process.remove().catch(() => {})
    throw error
  }
}

function failed(ctx: ContainersContext, exec: Exec, error: unknown): void {
  const reason = isEngineError(error) ? error.reason : undefined
  exec.state = { status: 'exited', code: reason === 'executable-not-found' ? 127 : 126, pid: 0, at: Date.now() }
  exec.begun.resolve()
  keepExec(ctx, exec)
}

function taskFor(ctx: ContainersContext, record: ContainerRecord, reference = record.id): Task {
  const { task } = ctx.live.of(record.id)
  if (record.state.status === 'paused') throw new EngineError('failed-precondition', `Container ${reference} is paused, unpause the container before exec`)
  if (record.state.status === 'restarting') throw new EngineError('failed-precondition', `Container ${reference} is restarting, wait until the container is running`)
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
