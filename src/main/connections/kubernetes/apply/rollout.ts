import { setTimeout as wait } from 'node:timers/promises'
import type { WorkloadStanding } from '#shared/contract/kubernetes-apply.ts'
import type { KubernetesApi } from './kubernetes-api.ts'
import { isSameObject, nameOfObject, type WireObject } from './objects.ts'
import { isWorkload, listOf, podsOf, standingOf, unknownStanding, type Standing } from './standing.ts'
import { openLogs, troublesOf, type WirePod } from './trouble.ts'
import { watchList } from './watch-list.ts'

interface Following {
  signal: AbortSignal
  /** Milliseconds. */
  patience: number
  tell(workloads: WorkloadStanding[]): void
}

/** Follows what was applied until all of it is ready, one has failed for good, or patience is over. @returns how it stands then */
export async function followRollout(api: KubernetesApi, objects: readonly WireObject[], { signal, patience, tell }: Following): Promise<WorkloadStanding[]> {
  const followed = objects.filter(isWorkload)
  if (followed.length === 0) return []
  const leaving = new AbortController()
  const until = AbortSignal.any([signal, leaving.signal])
  const standings = new Map(followed.map((object) => [object, unknownStanding(object)]))
  const over = Promise.withResolvers<void>()
  const settled = ({ state }: WorkloadStanding) => state !== 'waiting'
  const told = (object: WireObject, standing: WorkloadStanding) => {
    if (until.aborted) return
    standings.set(object, standing)
    const all = [...standings.values()]
    tell(all)
    if (all.every(settled)) over.resolve()
  }
  const work = followed.map((object) => follow(api, object, until, (standing) => told(object, standing)))
  // Whoever fails to look at one cannot wait for it.
  void Promise.all(work).catch((error: unknown) => over.reject(error))
  try {
    await Promise.race([over.promise, wait(patience, undefined, { signal: until })])
  } finally {
    leaving.abort()
    await Promise.allSettled(work)
  }
  return [...standings.values()]
}

/** One workload and its pods. */
async function follow(api: KubernetesApi, object: WireObject, signal: AbortSignal, tell: (standing: WorkloadStanding) => void): Promise<void> {
  const name = nameOfObject(object)
  const logs = openLogs(api, signal)
  let standing: Standing = unknownStanding(object)
  let pods: ReadonlyMap<string, WirePod> = new Map()
  let turn = 0
  const say = async () => {
    const [mine, now] = [++turn, standing]
    const troubles = now.state === 'ready' ? [] : await logs([...pods.values()].flatMap(troublesOf), pods)
    // What took time to read may be overtaken.
    if (mine === turn) tell({ ...name, ...now, troubles })
  }
  const [one, others] = [
    watchList(api, listOf(object), { fieldSelector: `metadata.name=${name.name}` }, signal),
    watchList<WirePod>(api, `/api/v1/namespaces/${encodeURIComponent(name.namespace ?? '')}/pods`, { labelSelector: podsOf(object) }, signal),
  ]
  await Promise.all([
    (async () => {
      for await (const found of one) {
        const now = [...found.values()].find((each) => isSameObject({ ...nameOfObject({ ...each, apiVersion: name.apiVersion, kind: name.kind }) }, name))
        standing = now ? standingOf({ ...now, apiVersion: name.apiVersion, kind: name.kind }) : { state: 'failed', ready: 0, wanted: 0, message: 'It was deleted.' }
        await say()
      }
    })(),
    (async () => {
      for await (const found of others) {
        pods = new Map(found)
        await say()
      }
    })(),
  ])
}
