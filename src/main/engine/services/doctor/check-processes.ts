import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from '../../core/runtime/process-life.ts'
import { readPid } from '../../core/runtime/shim/state-files.ts'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { rowsOf } from './rows.ts'

/** What an engine at work may be about to record. */
const MEANWHILE_MS = 1000

/** What is recorded to run does, and what runs is recorded. An engine that starts makes both agree, so that is what is advised. */
export async function* checkProcesses(context: DoctorContext, _checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  const seen = await differences(context)
  if (seen.length === 0) return
  if (context.running) await pause(MEANWHILE_MS, undefined, { signal })
  const still = new Set((await differences(context)).map(({ what }) => what))
  yield* seen.filter(({ what }) => still.has(what))
}

async function differences({ layout, metadata, running }: DoctorContext): Promise<Found[]> {
  const { containers } = rowsOf(metadata)
  const advice = running ? 'Restart the engine: when it starts it looks at every process. Other containers run on.' : 'The engine sees to it when it starts.'
  const lost = containers.list().filter(({ id, state }) => (state.status === 'running' || state.status === 'paused') && !runs(layout.container(id).shimState))
  const strays = (await readdir(layout.containersRun).catch(() => [])).filter((id) => !containers.find(id))
  return [
    ...lost.map(({ name }): Found => ({ kind: 'container', reason: 'process-missing', subject: name, what: `Container ${name} is recorded as running, and its process is gone.`, advice })),
    ...strays.map((id): Found => ({ kind: 'leftover', reason: 'process-unrecorded', subject: id, what: `${join(layout.containersRun, id)} belongs to a container of which nothing is recorded${runs(layout.container(id).shimState) ? ', and its process runs' : ''}.`, advice })),
  ]
}

export function runs(shimState: string): boolean {
  const identity = readPid(shimState)
  return identity !== undefined && isAlive(identity)
}
