import type { ObjectName } from '#shared/contract/kubernetes-apply.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { KubernetesApi } from './kubernetes-api.ts'
import { nameOfObject, type WireObject } from './objects.ts'

interface Resource {
  name: string
  kind: string
  namespaced: boolean
}

/** Where a kind is in the API, as the server itself says. */
export interface Resources {
  /** Its name whole: with the namespace where it has one. @throws when the server has no such kind */
  placed(object: WireObject, namespace: string, signal: AbortSignal): Promise<WireObject>
  pathOf(object: ObjectName, signal: AbortSignal): Promise<string>
}

export function openResources(api: KubernetesApi): Resources {
  const known = new Map<string, Promise<Resource[]>>()
  const rootOf = (apiVersion: string) => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`)
  async function resourceOf({ apiVersion, kind }: Pick<ObjectName, 'apiVersion' | 'kind'>, signal: AbortSignal): Promise<Resource> {
    const list = known.get(apiVersion) ?? api.json<{ resources: Resource[] }>('GET', rootOf(apiVersion), { signal }).then(({ resources }) => resources)
    known.set(apiVersion, list)
    try {
      // `deployments/scale` has the kind of something else.
      const found = (await list).find((each) => each.kind === kind && !each.name.includes('/'))
      if (found) return found
    } catch (error) {
      known.delete(apiVersion)
      if (!isEngineError(error, 'not-found')) throw error
    }
    throw new EngineError('not-found', `The cluster knows no ${kind} of ${apiVersion}.`, { reason: 'no-such-kind', hint: 'Its version may be too old or too new for it, or what defines it is not installed there.' })
  }

  return {
    async placed(object, namespace, signal) {
      const { namespaced } = await resourceOf(object, signal)
      const { namespace: own, ...metadata } = object.metadata
      return { ...object, metadata: { ...metadata, ...(namespaced && { namespace: own ?? namespace }) } as WireObject['metadata'] }
    },
    async pathOf(object, signal) {
      const { name } = await resourceOf(object, signal)
      const within = object.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(object.namespace)}`
      return `${rootOf(object.apiVersion)}${within}/${name}/${encodeURIComponent(object.name)}`
    },
  }
}

/** As it is on the server; undefined where it is not. */
export async function readLive(api: KubernetesApi, resources: Resources, object: WireObject, signal: AbortSignal): Promise<WireObject | undefined> {
  try {
    return await api.json<WireObject>('GET', await resources.pathOf(nameOfObject(object), signal), { signal })
  } catch (error) {
    if (isEngineError(error) && error.reason === 'kubernetes-404') return undefined
    throw error
  }
}

/** Who the app is among those that manage fields of objects. */
export const fieldManager = 'slipway'

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
export async function applyObject(api: KubernetesApi, resources: Resources, object: WireObject, { force, dryRun, signal }: { force: boolean; dryRun: boolean; signal: AbortSignal }): Promise<WireObject> {
  const query = { fieldManager, force, ...(dryRun && { dryRun: 'All' }), fieldValidation: 'Strict' }
  // JSON is YAML, and this is the type of media that every server takes.
  return api.json<WireObject>('PATCH', await resources.pathOf(nameOfObject(object), signal), { query, body: object, type: 'application/apply-patch+yaml', signal })
}
