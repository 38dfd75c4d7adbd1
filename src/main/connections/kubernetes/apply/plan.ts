import type { ApplyPlan, ObjectPlan } from '#shared/contract/kubernetes-apply.ts'
import { isEngineError, type EngineError } from '#shared/errors.ts'
import { differencesOf } from './differences.ts'
import type { KubernetesApi, WireStatus } from './kubernetes-api.ts'
import { nameOfObject, type WireObject } from './objects.ts'
import { applyObject, readLive, type Resources } from './resources.ts'

/** Each object is asked of the server, which keeps nothing of it; that one is refused says nothing of the others. */
export async function planObjects(api: KubernetesApi, resources: Resources, objects: readonly WireObject[], { namespace, force, signal }: { namespace: string; force: boolean; signal: AbortSignal }): Promise<ApplyPlan['objects']> {
  const plans: ObjectPlan[] = []
  for (const object of objects) plans.push(await planObject(api, resources, object, namespace, force, signal))
  return plans
}

async function planObject(api: KubernetesApi, resources: Resources, object: WireObject, namespace: string, force: boolean, signal: AbortSignal): Promise<ObjectPlan> {
  let name = nameOfObject(object)
  try {
    const placed = await resources.placed(object, namespace, signal)
    name = nameOfObject(placed)
    const before = await readLive(api, resources, placed, signal)
    const after = await applyObject(api, resources, placed, { force, dryRun: true, signal })
    const changes = before ? differencesOf(before, after) : []
    return { ...name, change: before ? (changes.length > 0 ? 'changed' : 'unchanged') : 'created', changes }
  } catch (error) {
    // What is wrong with the whole is not an object's own trouble.
    if (!isEngineError(error) || error.code === 'cancelled' || error.code === 'unauthorized' || error.code === 'unavailable') throw error
    return { ...name, change: 'refused', changes: [], ...refusalOf(error) }
  }
}

export function refusalOf(error: EngineError): Pick<ObjectPlan, 'reason' | 'hint' | 'conflict'> {
  const { details } = (error.cause ?? {}) as WireStatus
  const conflicts = (details?.causes ?? []).filter(({ reason }) => reason === 'FieldManagerConflict')
  if (conflicts.length > 0) return { reason: conflicts.map(({ field, message }) => `${field}: ${message}`).join('; '), conflict: true }
  return { reason: error.message, ...(error.hint && { hint: error.hint }) }
}
