import { isEngineError } from '#shared/errors.ts'
import type { EngineApi } from '../engine-api.ts'
import type { RecreateRecord } from './journal.ts'
import type { WireInspect } from '../wire/inspect.ts'

/**
 * Makes everything as it was before a recreate, from wherever it was left: after a failure, a cancel, or the death of the app. It asks what is
 * there and mends the difference, so it may be called again and again. A deed that fails keeps none of the others from being tried: what ran before
 * is to run, whatever is left beside it. @throws what kept the old container from being as it was
 */
export async function putBack(api: EngineApi, record: RecreateRecord): Promise<void> {
  const [old, successor] = await Promise.all([findContainer(api, record.id), successorOf(api, record)])
  // Somebody else removed the old one: then the successor is all there is of it.
  if (!old) return successor && (await takePlace(api, record, successor))
  const isDown = record.wasRunning && !old.State.Running && !old.State.Restarting
  await eachInTurn([
    successor && (() => removeSuccessor(api, record, successor)),
    old.Name !== `/${record.name}` && (() => api.json('POST', `/containers/${record.id}/rename`, { query: { name: record.name } })),
    isDown && (() => tolerate('not-modified', () => api.json('POST', `/containers/${record.id}/start`))),
    record.keptImage && (() => tolerate('not-found', () => api.json('DELETE', `/images/${encodeURIComponent(record.keptImage ?? '')}`))),
  ])
}

/** All of them, one after the other. @throws what the first that failed threw */
async function eachInTurn(deeds: readonly ((() => Promise<unknown>) | false | undefined | '')[]): Promise<void> {
  const failures: unknown[] = []
  for (const deed of deeds) if (deed) await deed().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/** The successor is up and has the name: what is left of the edit. */
export async function finish(api: EngineApi, record: RecreateRecord): Promise<void> {
  const successor = await successorOf(api, record)
  if (!successor) return await putBack(api, record)
  await takePlace(api, record, successor)
  await removeOld(api, record.id)
}

async function takePlace(api: EngineApi, { finalName, restart }: RecreateRecord, { Id, Name }: WireInspect): Promise<void> {
  if (Name !== `/${finalName}`) await api.json('POST', `/containers/${Id}/rename`, { query: { name: finalName } })
  await api.json('POST', `/containers/${Id}/update`, { body: { RestartPolicy: restart } })
}

/** Never with its volumes: they are the successor's now, or the user's to let go. */
export const removeOld = (api: EngineApi, id: string): Promise<unknown> => tolerate('not-found', () => api.json('DELETE', `/containers/${id}`, { query: { v: false } }))

/** First of all, because it may hold the ports, the name and the addresses of the old one. */
async function removeSuccessor(api: EngineApi, record: RecreateRecord, successor: WireInspect): Promise<void> {
  await tolerate('not-found', () => api.json('DELETE', `/containers/${successor.Id}`, { query: { force: true, v: false } }))
  const made = (successor.Mounts ?? []).filter(({ Type, Name }) => Type === 'volume' && Name !== undefined && /^[0-9a-f]{64}$/.test(Name) && !record.volumes.includes(Name))
  // A volume that cannot be removed costs room, not the undoing.
  for (const { Name = '' } of made) await api.json('DELETE', `/volumes/${Name}`).catch(() => {})
}

/** By its id, or by the name that this edit alone made up. */
const successorOf = (api: EngineApi, { successorId, successorName }: RecreateRecord): Promise<WireInspect | undefined> => findContainer(api, successorId ?? successorName)

export async function findContainer(api: EngineApi, id: string): Promise<WireInspect | undefined> {
  try {
    return await api.json<WireInspect>('GET', `/containers/${encodeURIComponent(id)}/json`)
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined
    throw error
  }
}

async function tolerate(code: 'not-found' | 'not-modified', act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isEngineError(error, code)) throw error
  }
}
