import type { ServiceId } from '#shared/contract/cluster.ts'
import type { ServiceDraft } from '#shared/contract/service-draft.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { findReference } from '#shared/oci/reference.ts'
import type { EngineApi } from '../engine-api.ts'
import { draftOf } from './draft.ts'
import { fileIds } from './files.ts'
import { specOf } from './spec.ts'
import type { WireService, WireServiceSpec } from './wire.ts'

export const inspectService = (api: EngineApi, id: ServiceId, signal: AbortSignal): Promise<WireService> => api.json('GET', `/services/${encodeURIComponent(id)}`, { signal })

export async function readService(api: EngineApi, id: ServiceId, signal: AbortSignal): Promise<{ draft: ServiceDraft; raw: unknown }> {
  const raw = await inspectService(api, id, signal)
  return { draft: draftOf(raw), raw }
}

/** `auth` in place of the user's account at the image's registry. */
export async function createService(api: EngineApi, draft: ServiceDraft, signal: AbortSignal, auth?: string): Promise<{ id: ServiceId; warnings: string[] }> {
  const { spec, warnings } = await pinned(api, specOf(draft, await fileIds(api, draft, signal)), signal, auth)
  const { ID, Warnings } = await carried(api.json<{ ID: string; Warnings?: string[] | null }>('POST', '/services/create', { body: spec, ...signedBy(draft.image, auth), signal }))
  return { id: ID, warnings: [...warnings, ...(Warnings ?? [])] }
}

export async function changeService(api: EngineApi, id: ServiceId, draft: ServiceDraft, signal: AbortSignal): Promise<{ warnings: string[] }> {
  const service = await inspectService(api, id, signal)
  const { spec, warnings } = await pinned(api, specOf(draft, await fileIds(api, draft, signal), service.Spec), signal)
  return { warnings: [...warnings, ...(await update(api, service, spec, signal))] }
}

export async function scaleService(api: EngineApi, id: ServiceId, replicas: number, signal: AbortSignal): Promise<void> {
  const service = await inspectService(api, id, signal)
  if (!service.Spec.Mode?.Replicated) throw new EngineError('failed-precondition', `${service.Spec.Name} runs once on every node that it may run on.`, { reason: 'not-replicated', hint: 'Constraints decide on which; a number does not.' })
  await update(api, service, { ...service.Spec, Mode: { Replicated: { Replicas: replicas } } }, signal)
}

/** A counter that tasks are compared by. */
export async function restartService(api: EngineApi, id: ServiceId, signal: AbortSignal): Promise<void> {
  const service = await inspectService(api, id, signal)
  const { TaskTemplate } = service.Spec
  await update(api, service, { ...service.Spec, TaskTemplate: { ...TaskTemplate, ForceUpdate: (TaskTemplate.ForceUpdate ?? 0) + 1 } }, signal)
}

export async function rollbackService(api: EngineApi, id: ServiceId, signal: AbortSignal): Promise<void> {
  const service = await inspectService(api, id, signal)
  if (!service.PreviousSpec) throw new EngineError('failed-precondition', `${service.Spec.Name} was never changed: there is nothing to go back to.`, { reason: 'nothing-before' })
  await api.json('POST', `/services/${service.ID}/update`, { query: { version: service.Version.Index, rollback: 'previous', registryAuthFrom: 'previous-spec' }, body: service.Spec, signal })
}

export const removeService = (api: EngineApi, id: ServiceId, signal?: AbortSignal): Promise<unknown> => api.json('DELETE', `/services/${encodeURIComponent(id)}`, { ...(signal && { signal }) })

/** Two that change a service at once: the second is refused, and told so. */
async function update(api: EngineApi, service: WireService, spec: WireServiceSpec, signal: AbortSignal): Promise<string[]> {
  const registry = registryOf(spec.TaskTemplate.ContainerSpec?.Image)
  const request = { query: { version: service.Version.Index, registryAuthFrom: 'spec' }, body: spec, ...(registry && { registry }), signal }
  const { Warnings } = await carried(api.json<{ Warnings?: string[] | null }>('POST', `/services/${service.ID}/update`, request))
  return Warnings ?? []
}

/** As it was before somebody's change that is taken back. */
export async function putBack(api: EngineApi, before: WireService): Promise<void> {
  const { signal } = new AbortController()
  await update(api, await inspectService(api, before.ID, signal), before.Spec, signal)
}

const signedBy = (image: string, auth: string | undefined) => (auth === undefined ? { registry: registryOf(image) } : { headers: { 'X-Registry-Auth': auth } })
const registryOf = (image = ''): string | undefined => findReference(image)?.registry

/** Milliseconds for a registry to say which image a name is; one that cannot be reached must not hold a service up. */
const registryPatience = 10_000

/** An image by its digest, so that every node runs the same one; as Docker's own client does. */
async function pinned(api: EngineApi, spec: WireServiceSpec, signal: AbortSignal, auth?: string): Promise<{ spec: WireServiceSpec; warnings: string[] }> {
  const container = spec.TaskTemplate.ContainerSpec
  const image = container?.Image ?? ''
  if (!container || image.includes('@')) return { spec, warnings: [] }
  try {
    const { Descriptor } = await api.json<{ Descriptor?: { digest?: string } }>('GET', `/distribution/${encodeURI(image)}/json`, { ...signedBy(image, auth), signal: AbortSignal.any([signal, AbortSignal.timeout(registryPatience)]) })
    if (!Descriptor?.digest) return { spec, warnings: [] }
    return { spec: { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: { ...container, Image: `${image}@${Descriptor.digest}` } } }, warnings: [] }
  } catch (error) {
    if (signal.aborted || !isEngineError(error)) throw error
    return { spec, warnings: [`${image} was not found at a registry: every node looks for it by itself, and may have another, or none.`] }
  }
}

/** Docker's sentences, at what they are about. */
async function carried<Answer>(call: Promise<Answer>): Promise<Answer> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof EngineError) || error.field !== undefined) throw error
    if (/out of sequence/i.test(error.message)) throw new EngineError('conflict', 'Somebody else has changed it meanwhile.', { reason: 'edit-stale', hint: 'Look at what it is now, and try again.', cause: error })
    const field = fields.find(([words]) => words.test(error.message))?.[1]
    throw field === undefined ? error : new EngineError(error.code, error.message, { reason: error.reason, hint: error.hint, field, cause: error })
  }
}
const fields: readonly [RegExp, string][] = [
  [/name conflicts|name must be valid|name is required/i, 'name'],
  [/invalid reference|image reference/i, 'image'],
  [/port '?\d+'? is already in use|published port|EndpointSpec|VIP mode|ingress/i, 'ports'],
  [/constraint|expected node|placement/i, 'constraints'],
  [/network/i, 'networks'],
  [/mount/i, 'mounts'],
  [/secret/i, 'secrets'],
  [/config/i, 'configs'],
  [/memory|cpu|nanocpu/i, 'limits'],
]
