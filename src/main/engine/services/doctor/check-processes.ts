import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../../core/runtime/process-life.ts'
import { readPid } from '../../core/runtime/shim/state-files.ts'
import type { DoctorContext } from './doctor.ts'
import type { Checked, Found } from './report.ts'
import { rowsOf } from './rows.ts'
import { seenTwice } from './seen-twice.ts'

/** What is recorded to run does, and what runs is recorded. An engine that starts makes both agree, so that is what is advised. */
export async function* checkProcesses(context: DoctorContext, _checked: Checked, signal?: AbortSignal): AsyncGenerator<Found> {
  yield* await seenTwice(context, () => differences(context), signal)
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
