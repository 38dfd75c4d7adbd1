import type { UndoAnswer } from '#shared/contract/kubernetes-apply.ts'
import { isEngineError } from '#shared/errors.ts'
import { versionOf, type ApplyEntry } from './apply-record.ts'
import type { KubernetesApi } from './kubernetes-api.ts'
import type { WireObject } from './objects.ts'
import { fieldManager, type Resources } from './resources.ts'

export interface Undone extends UndoAnswer {
  /** What could not be undone, and may be another time. */
  failed: ApplyEntry[]
}

/** In reverse: what an apply made is deleted, what it changed is put back as it was, fields and who manages them. What somebody else has changed since is theirs. */
export async function undoEntries(api: KubernetesApi, resources: Resources, entries: readonly ApplyEntry[], signal: AbortSignal): Promise<Undone> {
  const answer: Undone = { removed: [], restored: [], left: [], failed: [] }
  for (const entry of entries.toReversed()) {
    const { name } = entry
    try {
      const outcome = await undoEntry(api, await resources.pathOf(name, signal), entry, signal)
      if (outcome === 'removed' || outcome === 'restored') answer[outcome].push(name)
      else if (outcome !== undefined) answer.left.push({ ...name, reason: outcome })
    } catch (error) {
      if (!isEngineError(error) || error.code === 'cancelled' || error.code === 'unavailable') throw error
      answer.left.push({ ...name, reason: error.message })
      answer.failed.push(entry)
    }
  }
  return answer
}

/** @returns why it was left; undefined when there was nothing to do */
async function undoEntry(api: KubernetesApi, path: string, { before, uid, after }: ApplyEntry, signal: AbortSignal): Promise<'removed' | 'restored' | string | undefined> {
  const now = await api.json<WireObject>('GET', path, { signal }).catch((error: unknown) => {
    if (isEngineError(error) && error.reason === 'kubernetes-404') return undefined
    throw error
  })
  if (now === undefined) return before === undefined ? undefined : 'Somebody has deleted it.'
  // The app died before it heard: what it applied bears its name.
  const ours = after === undefined ? isManaged(now) : before === undefined ? now.metadata.uid === uid : versionOf(now) === after && now.metadata.uid === uid
  if (!ours) return after === undefined ? undefined : 'Somebody has changed it meanwhile.'
  if (before === undefined) {
    await api.json('DELETE', path, { body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions: { uid: now.metadata.uid } }, signal })
    return 'removed'
  }
  await api.json('PUT', path, { query: { fieldManager }, body: { ...before, metadata: { ...before.metadata, resourceVersion: now.metadata.resourceVersion } }, signal })
  return 'restored'
}

const isManaged = ({ metadata: { managedFields } }: WireObject) => Array.isArray(managedFields) && managedFields.some((each: { manager?: string }) => each.manager === fieldManager)
