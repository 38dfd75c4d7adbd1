import { setTimeout as wait } from 'node:timers/promises'
import type { LogSource } from '#shared/contract/logs.ts'
import type { EngineApi } from '../engine-api.ts'
import { taskPrefix } from '../logs.ts'

/** Tasks of a service whose logs are read as one, the newest. */
const most = 100
/** Milliseconds from one look for new tasks to the next: Docker tells no events of them. */
const period = 3_000

interface WireTask {
  ID: string
  Slot?: number
  NodeID?: string
  CreatedAt: string
  Status: { ContainerStatus?: { ContainerID?: string } | null }
}

/** Those that have written, or may have: also ended ones, as long as the cluster remembers them. */
export async function tasksOfService(api: EngineApi, service: string, signal: AbortSignal): Promise<LogSource[]> {
  const [{ Spec }, tasks, nodes] = await Promise.all([
    api.json<{ Spec: { Name: string } }>('GET', `/services/${service}`, { signal }),
    api.json<WireTask[] | null>('GET', '/tasks', { query: { filters: JSON.stringify({ service: [service] }) }, signal }),
    api.json<{ ID: string; Description?: { Hostname?: string } }[] | null>('GET', '/nodes', { signal }),
  ])
  const nodeName = (id = '') => (nodes ?? []).find(({ ID }) => ID === id)?.Description?.Hostname ?? id.slice(0, 12)
  return (tasks ?? [])
    .filter(({ Status }) => Status.ContainerStatus?.ContainerID)
    .sort((a, b) => (a.CreatedAt < b.CreatedAt ? 1 : -1))
    .slice(0, most)
    .map(({ ID, Slot, NodeID }) => ({ id: `${taskPrefix}${ID}`, name: Slot ? `${Spec.Name}.${Slot}` : `${Spec.Name}@${nodeName(NodeID)}` }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** New ones as they come, until the signal. An engine that is away for a while has none. */
export function joinTasks(api: EngineApi, service: string, join: (source: LogSource) => void, parent: AbortSignal): Disposable {
  const leaving = new AbortController()
  const signal = AbortSignal.any([parent, leaving.signal])
  const look = async () => {
    while (!signal.aborted) {
      await wait(period, undefined, { signal })
      for (const source of await tasksOfService(api, service, signal).catch(() => [])) join(source)
    }
  }
  void look().catch(() => undefined)
  return { [Symbol.dispose]: () => leaving.abort() }
}
