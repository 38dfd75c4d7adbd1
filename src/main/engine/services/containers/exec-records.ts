import { messageOf } from '#shared/errors.ts'
import type { Exec as ExecProcess } from '../../core/runtime/runtime.ts'
import type { ContainersContext } from './context.ts'
import { publishContainerEvent } from './events.ts'
import type { Exec, ExecConfig } from './live.ts'
import type { ContainerRecord } from './record.ts'

/**
 * The durable side of an exec: its id and exit code outlive the engine as long as its container runs. What happens in between (it was
 * started, it runs) is not written down, because the run root knows it.
 */
export interface ExecRecord {
  id: string
  containerId: string
  config: ExecConfig
  /** Absent: it has not ended, if it was ever started. */
  end?: { code: number; pid: number; at: number }
}

/** Finished execs can be asked about this long, in milliseconds. */
const KEPT_FOR = 5 * 60_000

/** A disk that refuses the record costs what is known of the exec after this engine, and not the exec. */
export function keepExec(ctx: ContainersContext, { id, containerId, config, state }: Exec): void {
  const record: ExecRecord = { id, containerId, config, ...(state.status === 'exited' && { end: { code: state.code, pid: state.pid, at: state.at } }) }
  unlessRefused(ctx, id, () => ctx.execRecords.put(id, record))
}

function unlessRefused(ctx: ContainersContext, execId: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    ctx.log(`exec ${execId}: not recorded: ${messageOf(error)}`)
  }
}

export function forgetOldExecs(ctx: ContainersContext, containerId: string): void {
  const { execs } = ctx.live.of(containerId)
  const before = Date.now() - KEPT_FOR
  for (const [id, { state }] of execs) {
    if (state.status !== 'exited' || state.at >= before) continue
    execs.delete(id)
    unlessRefused(ctx, id, () => ctx.execRecords.delete(id))
  }
}

/** Those that nobody began are over when the container ends: its next run is not what they were made for. */
export function forgetUnbegunExecs(ctx: ContainersContext, containerId: string): void {
  const { execs } = ctx.live.of(containerId)
  for (const [id, { state }] of execs) {
    if (state.status !== 'created') continue
    execs.delete(id)
    unlessRefused(ctx, id, () => ctx.execRecords.delete(id))
  }
}

/** With their container. */
export function forgetExecs(ctx: ContainersContext, containerId: string): void {
  for (const { id, containerId: owner } of ctx.execRecords.list()) if (owner === containerId) ctx.execRecords.delete(id)
  ctx.live.of(containerId).execs.clear()
}

/** Hears the end of a process that runs; resolves when that is recorded. */
export function followExec(ctx: ContainersContext, record: ContainerRecord, exec: Exec, process: ExecProcess): Promise<void> {
  const { pid = 0 } = process
  exec.state = { status: 'running', process }
  exec.begun.resolve()
  const recorded = process.exited.then(async (exit) => {
    if (ctx.closing.aborted) return
    exec.state = { status: 'exited', code: exit.code, pid, at: Date.now() }
    keepExec(ctx, exec)
    publishContainerEvent(ctx, record, 'exec_die', { execID: exec.id, exitCode: String(exit.code) })
    await process.remove()
  })
  recorded.catch((error: unknown) => ctx.log(`exec ${exec.id}: ${messageOf(error)}`))
  return recorded
}

/** After the engine was away: those of a running container are known again, and followed on when they run; what they ended with meanwhile is recorded. */
export async function restoreExecs(ctx: ContainersContext, record: ContainerRecord): Promise<void> {
  const { execs } = ctx.live.of(record.id)
  for (const kept of ctx.execRecords.list()) {
    if (kept.containerId !== record.id) continue
    const exec: Exec = { id: kept.id, containerId: record.id, config: kept.config, state: { status: 'created' }, begun: Promise.withResolvers() }
    execs.set(exec.id, exec)
    if (kept.end) {
      exec.state = { status: 'exited', ...kept.end }
      continue
    }
    const process = await ctx.runtime.openExec(exec.id)
    if (process?.pid !== undefined) void followExec(ctx, record, exec, process)
    else await process?.remove()
  }
}
