import { setTimeout as wait } from 'node:timers/promises'
import type { ProcessTable } from '#shared/contract/containers.ts'
import type { EngineApi } from './engine-api.ts'

/** Milliseconds from one look to the next; nobody looks while the page does not. */
const period = 2_000

export async function readProcesses(api: EngineApi, id: string, signal: AbortSignal): Promise<ProcessTable> {
  const { Titles, Processes } = await api.json<{ Titles: string[]; Processes: string[][] | null }>('GET', `/containers/${id}/top`, { signal })
  return { titles: Titles, rows: Processes ?? [] }
}

export async function* watchProcesses(api: EngineApi, id: string, signal: AbortSignal): AsyncGenerator<ProcessTable> {
  for (;;) {
    yield await readProcesses(api, id, signal)
    await wait(period, undefined, { signal })
  }
}
