/**
 * Manifests applied to a cluster of Kubernetes: who one is there (kubeconfig.ts, sign-in.ts), what it would change (plan.ts), the deed (apply-objects.ts), which
 * is written into a journal before each step, and how it fares (rollout.ts). Nothing is taken back by itself: an apply that went wrong, or was cut off by the death
 * of the app, is told, and undone when somebody says so (undo-apply.ts).
 */
import type { ApplyAnswer, ApplyPlan, ApplyRequest, ApplyStep, ApplyTarget, UndoAnswer, WorkloadStanding } from '#shared/contract/kubernetes-apply.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connection } from '../../connection.ts'
import { ownRegistryOf } from '../../copies/place-images.ts'
import type { Operation } from '../../operation.ts'
import { applyObjects } from './apply-objects.ts'
import { summaryOf, type ApplyJournal, type ApplyRecord } from './apply-record.ts'
import { localImagesOf, placed } from './images.ts'
import { contextOf, readKubeconfig } from './kubeconfig.ts'
import { openKubernetesApi, type KubernetesApi } from './kubernetes-api.ts'
import { imagesOf, readObjects, type WireObject } from './objects.ts'
import { planObjects } from './plan.ts'
import { openResources, type Resources } from './resources.ts'
import { followRollout } from './rollout.ts'
import { undoEntries } from './undo-apply.ts'

type Noun = Implementation<Contract, Operation>['kubernetes']
export type ApplyCalls = Omit<Noun, 'manifests' | 'save'>
export interface Applies {
  of(connection: Connection): ApplyCalls
}

/** Milliseconds. */
const usualPatience = 600_000

export function createApplies(journal: ApplyJournal): Applies {
  /** Under way in this process. */
  const active = new Set<string>()
  const recordOf = async (id: string): Promise<ApplyRecord> => {
    const record = (await journal.all()).find((each) => each.id === id)
    if (!record) throw new EngineError('not-found', 'Nothing of it is left to undo.', { reason: 'no-apply' })
    if (active.has(id)) throw new EngineError('conflict', 'It is under way.', { reason: 'apply-under-way', hint: 'Call it off first.' })
    return record
  }

  return {
    of: (connection) => ({
      async contexts() {
        const { contexts, current, files, problems } = await readKubeconfig()
        return { contexts, files, problems, ...(current !== undefined && { current }) }
      },
      namespaces: ({ context }, { signal }) => withCluster(context, (api) => namespacesOf(api, signal)),
      planApply: (request, { signal }) => withCluster(request.context, (api, resources) => planApply(connection, api, resources, request, signal)),
      async apply(request, operation) {
        if (active.has(request.id)) throw new EngineError('conflict', 'It is under way already.', { reason: 'apply-under-way' })
        active.add(request.id)
        try {
          return await apply(connection, journal, request, operation)
        } finally {
          active.delete(request.id)
        }
      },
      applies: async () => (await journal.all()).filter(({ entries }) => entries.length > 0).map((record) => summaryOf(record, active.has(record.id))).toSorted((a, b) => b.at - a.at),
      undoApply: async ({ id }, { signal }) => undo(journal, await recordOf(id), signal),
      forgetApply: async ({ id }) => journal.remove((await recordOf(id)).id),
    }),
  }
}

async function planApply(connection: Connection, api: KubernetesApi, resources: Resources, { namespace, text, force }: ApplyTarget, signal: AbortSignal): Promise<ApplyPlan> {
  const objects = readObjects(text)
  await refuseUnknownNamespace(api, namespace, signal)
  const [plans, images, own] = await Promise.all([planObjects(api, resources, objects, { namespace, force, signal }), localImagesOf(connection, imagesOf(objects), signal), ownRegistryOf(connection, signal)])
  return { objects: plans, images: images.map(({ reference }) => reference), ...(own && { own }) }
}

async function apply(connection: Connection, journal: ApplyJournal, request: ApplyRequest, { signal, progress }: Operation): Promise<ApplyAnswer> {
  const tell = (step: ApplyStep, current: number, total: number, more: { subject?: string; workloads?: WorkloadStanding[] } = {}) => progress({ kind: 'apply', step, current, total, ...more })
  const config = await readKubeconfig()
  const { context, namespace, subject, id } = request
  await using api = await openKubernetesApi(config, context)
  const resources = openResources(api)
  await refuseUnknownNamespace(api, namespace, signal)
  const own = await placed(connection, readObjects(request.text), request, { signal, progress: () => {}, tell: (done, total, image) => tell('images', done, total, { subject: image }) })
  const objects = await Promise.all(own.map((object) => resources.placed(object, namespace, signal)))
  const record: ApplyRecord = { id, subject, context, server: contextOf(config, context).cluster.server, namespace, at: Date.now(), ended: false, entries: [] }
  await journal.write(record)
  const done = await applyObjects(api, resources, objects, { journal, record, force: request.force, signal, tell: (at, total, what) => tell('objects', at, total, { subject: what }) })
  record.ended = true
  if (record.entries.length > 0) await journal.write(record)
  else await journal.remove(id)
  if (done.problem) return { id, applied: done.applied, workloads: [], ready: false, problem: done.problem }
  const workloads = await followRollout(api, done.objects, { signal, patience: request.patience ?? usualPatience, tell: (all) => tell('waiting', all.filter(({ state }) => state === 'ready').length, all.length, { workloads: all }) })
  return { id, applied: done.applied, workloads, ready: workloads.every(({ state }) => state === 'ready') }
}

async function undo(journal: ApplyJournal, record: ApplyRecord, signal: AbortSignal): Promise<UndoAnswer> {
  const config = await readKubeconfig()
  const { server } = contextOf(config, record.context).cluster
  if (server !== record.server) throw new EngineError('failed-precondition', `The context ${record.context} leads to another cluster now (${server} instead of ${record.server}).`, { reason: 'other-cluster', hint: 'Choose the former in the kubeconfig, and try again.' })
  await using api = await openKubernetesApi(config, record.context)
  const { failed, ...answer } = await undoEntries(api, openResources(api), record.entries, signal)
  if (failed.length > 0) await journal.write({ ...record, ended: true, entries: failed.toReversed() })
  else await journal.remove(record.id)
  return answer
}

async function withCluster<Answer>(context: string, work: (api: KubernetesApi, resources: Resources) => Promise<Answer>): Promise<Answer> {
  await using api = await openKubernetesApi(await readKubeconfig(), context)
  return await work(api, openResources(api))
}

async function namespacesOf(api: KubernetesApi, signal: AbortSignal): Promise<{ names?: string[]; version: string }> {
  const [{ gitVersion = '' }, names] = await Promise.all([
    api.json<{ gitVersion?: string }>('GET', '/version', { signal }),
    api.json<{ items: WireObject[] }>('GET', '/api/v1/namespaces', { signal }).then(
      ({ items }) => items.map(({ metadata }) => metadata.name),
      (error: unknown) => {
        // Who may not list them may still use one.
        if (error instanceof EngineError && error.code === 'forbidden') return undefined
        throw error
      },
    ),
  ])
  return { version: gitVersion, ...(names && { names }) }
}

/** A namespace that is not there would be refused for every object, in words of each. */
async function refuseUnknownNamespace(api: KubernetesApi, namespace: string, signal: AbortSignal): Promise<void> {
  try {
    await api.json('GET', `/api/v1/namespaces/${encodeURIComponent(namespace)}`, { signal })
  } catch (error) {
    if (error instanceof EngineError && error.reason === 'kubernetes-404') throw new EngineError('not-found', `The cluster has no namespace named ${namespace}.`, { reason: 'no-namespace', field: 'namespace', hint: 'Choose another, or have it made there.' })
    if (!(error instanceof EngineError) || error.code !== 'forbidden') throw error
  }
}
