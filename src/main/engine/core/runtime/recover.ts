import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerLayout } from '../../layout.ts'
import { setFrozen } from './cgroup/freezer.ts'
import { locateCgroup } from './cgroup/locate.ts'
import { goneEventually, isAlive } from './process-life.ts'
import type { Exit } from './runtime.ts'
import type { RuntimeContext } from './runtime-context.ts'
import { nowNano } from './shim/monitored-process.ts'
import { readExit, readPid, writeExit } from './shim/state-files.ts'

const SIGKILL = 9

/**
 * A shim is gone without a word. What it has written counts. If it has written no exit it was killed: nobody owns the container's stdio any more and its
 * real exit can never be known, so what is left is killed and removed, and the exit says so: code 137, lost. It is written down, so that every
 * later engine tells the same.
 */
export async function recoverTask(context: RuntimeContext, id: string, place: ContainerLayout): Promise<Exit> {
  const identity = readPid(place.shimState)
  if (identity !== undefined && isAlive(identity)) await setFrozen(locateCgroup(identity.pid, id), false).catch(() => {})
  await forgetInRuntime(context, id)
  return readExit(place.shimState) ?? (await settle(context, place.shimState))
}

/** The same for an exec, of which the runtime keeps nothing. */
export const recoverExec = async (context: RuntimeContext, stateDirectory: string): Promise<Exit> => readExit(stateDirectory) ?? (await settle(context, stateDirectory))

/** Makes the runtime forget a container it still has, killing it. A shim that lived to its end has done so itself. */
export async function forgetInRuntime({ command, layout }: RuntimeContext, id: string): Promise<void> {
  if (existsSync(join(layout.runtimeRoot, id))) await command.run(['delete', '--force', id], { allowFailure: true })
}

async function settle({ host }: RuntimeContext, stateDirectory: string): Promise<Exit> {
  const identity = readPid(stateDirectory)
  if (identity !== undefined && isAlive(identity)) host.syscalls.signalProcess(identity.pid, identity.startTime, SIGKILL)
  if (identity !== undefined) await goneEventually(identity)
  const exit: Exit = { code: 128 + SIGKILL, oomKilled: false, at: nowNano(), lost: true }
  if (existsSync(stateDirectory)) writeExit(stateDirectory, exit)
  return exit
}
