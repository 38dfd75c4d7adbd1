import type { EditedContainer, EditPhase, EditRequest } from '#shared/contract/edit.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { EngineApi } from '../engine-api.ts'
import { atField } from '../field.ts'
import type { Operation } from '../operation.ts'
import { pullImage } from '../pull.ts'
import type { EditJournal, RecreateRecord } from './journal.ts'
import { findContainer, removeOld } from './put-back.ts'
import { readSettings } from './read-settings.ts'
import { successorOf, type Successor } from './successor-body.ts'
import { startAndWait, type Patience } from './wait-until-up.ts'
import type { WireImage, WireInspect } from '../wire/inspect.ts'

export interface Recreate {
  api: EngineApi
  wire: WireInspect
  request: EditRequest
  journal: EditJournal
  /** Written already, so that whatever happens from here is found. */
  record: RecreateRecord
  patience: Patience
  signal: AbortSignal
  step(phase: EditPhase): void
  progress: Operation['progress']
}

/**
 * Makes a successor and lets it take the old container's place. Undoes nothing itself: whoever calls it puts back what the record says
 * (put-back.ts), which is the same after a failure here as after the death of the app.
 */
export async function recreate(edit: Recreate): Promise<EditedContainer> {
  const { api, wire, request, record, signal, step } = edit
  await refuseTakenName(edit)
  const source = await chooseImage(edit)
  step('creating')
  const successor = successorOf({ wire, before: readSettings(wire), after: request.settings, ...source })
  const id = await createSuccessor(edit, successor)
  if (record.wasRunning) {
    step('stopping')
    await api.json('POST', `/containers/${wire.Id}/stop`, { signal }).catch(unless('not-modified'))
    step('starting')
    await onField(request, () => startAndWait(api, id, edit.patience, signal, () => step('waiting')))
  }
  step('swapping')
  await api.json('POST', `/containers/${wire.Id}/rename`, { query: { name: record.retiredName }, signal })
  await onField(request, () => api.json('POST', `/containers/${id}/rename`, { query: { name: request.settings.name }, signal }))
  await api.json('POST', `/containers/${id}/update`, { body: { RestartPolicy: record.restart }, signal })
  await edit.journal.write({ ...record, successorId: id, replaced: true })
  step('removing')
  await retire(edit)
  return { id, name: request.settings.name, how: 'recreate' }
}

/** Told before anything is stopped. */
async function refuseTakenName({ api, wire, request: { settings }, record }: Recreate): Promise<void> {
  if (settings.name === record.name) return
  const holder = await findContainer(api, settings.name)
  if (holder && holder.Id !== wire.Id && holder.Name === `/${settings.name}`) throw new EngineError('already-exists', `Another container is named ${settings.name}.`, { reason: 'name-in-use', field: 'name' })
}

/** The image that it had, unless the edit says otherwise; with what was written inside as a layer of its own on request. */
async function chooseImage(edit: Recreate): Promise<Pick<Parameters<typeof successorOf>[0], 'image' | 'replaced'>> {
  const { api, wire, request, signal, step } = edit
  const named = request.settings.image
  const renamed = named !== wire.Config.Image
  if (request.keepChanges) {
    if (renamed || request.newerImage) throw new EngineError('invalid-argument', 'What was written inside belongs to the image it was written on.', { reason: 'keep-and-replace', hint: 'Keep the image, or let go of what was written inside.', field: 'image' })
    step('keeping')
    return { image: await keepWritableLayer(edit) }
  }
  step('checking')
  const old = await findImage(api, wire.Image, signal)
  const present = await findImage(api, named, signal)
  if (!renamed && !request.newerImage) {
    if (!old) throw new EngineError('not-found', `The image it was made from is gone (${wire.Image.slice(0, 19)}).`, { reason: 'image-gone', hint: 'Keep what was written inside, which keeps the image too, or choose another image.', field: 'image' })
    // The name may have gone to another image since: then only the id says which.
    return { image: present?.Id === old.Id ? named : old.Id }
  }
  let next = present
  if (!next) {
    step('pulling')
    await onField(request, () => pullImage(api, { reference: named }, { signal, progress: edit.progress }))
    next = await findImage(api, named, signal)
  }
  return { image: named, ...(old && next && old.Id !== next.Id && { replaced: { old, next } }) }
}

async function findImage(api: EngineApi, name: string, signal: AbortSignal): Promise<WireImage | undefined> {
  try {
    return await api.json<WireImage>('GET', `/images/${encodeURI(name)}/json`, { signal })
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined
    throw error
  }
}

/** In the journal before it is made, so that it is not left behind. */
async function keepWritableLayer({ api, wire, record, journal, signal }: Recreate): Promise<string> {
  const tag = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const repo = `${record.name.toLowerCase().replace(/[^a-z0-9._-]/g, '-').replace(/^[._-]+|[._-]+$/g, '') || 'container'}-kept`
  record.keptImage = `${repo}:${tag}`
  await journal.write(record)
  await api.json('POST', '/commit', { query: { container: wire.Id, repo, tag, pause: true }, body: {}, signal })
  return record.keptImage
}

async function createSuccessor({ api, record, journal, request, signal }: Recreate, { body, joins }: Successor): Promise<string> {
  const { Id } = await onField(request, () => api.json<{ Id: string }>('POST', '/containers/create', { query: { name: record.successorName }, body, signal }))
  record.successorId = Id
  await journal.write(record)
  for (const { network, endpoint } of joins) {
    await onField(request, () => api.json('POST', `/networks/${encodeURIComponent(network)}/connect`, { body: { Container: Id, EndpointConfig: endpoint }, signal }))
  }
  return Id
}

/** The last deed. When the engine refuses it and the old container is whole, the edit has failed; when it is half gone, the edit stands. */
async function retire({ api, wire }: Recreate): Promise<void> {
  try {
    await removeOld(api, wire.Id)
  } catch (error) {
    const old = await findContainer(api, wire.Id)
    if (old && !old.State.Dead && old.State.Status !== 'removing' && old.State.Status !== 'dead') throw error
  }
}

const unless = (code: 'not-modified') => (error: unknown) => {
  if (!isEngineError(error, code)) throw error
}

async function onField<Result>({ settings }: EditRequest, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    throw error instanceof EngineError ? atField(error, { ...settings, networks: settings.networks.map(({ network }) => network) }) : error
  }
}
