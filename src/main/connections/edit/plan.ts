import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import type { EditableContainer, EditPlan, EditRequest, EditWarning } from '#shared/contract/edit.ts'
import { serializeError, type SerializedError } from '#shared/contract/errors.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { EngineApi } from '../engine-api.ts'
import { differences, type Difference } from './changes.ts'
import { isLive } from './live.ts'
import { readSettings, revisionOf } from './read-settings.ts'
import type { WireImage, WireInspect } from '../wire/inspect.ts'

/** A container as its settings, for a form. */
export async function readEditable(api: EngineApi, wire: WireInspect): Promise<EditableContainer> {
  const [refusal, named, own] = await Promise.all([whyNot(api, wire), imageOf(api, wire.Config.Image), imageOf(api, wire.Image)])
  return {
    id: wire.Id,
    settings: readSettings(wire),
    revision: revisionOf(wire),
    newerImage: named !== undefined && named.Id !== wire.Image,
    ...(own && { imageEnvironment: own.Config?.Env ?? [] }),
    ...(refusal && { refusal }),
  }
}

/** What an edit would do, and what it would cost. Changes nothing. */
export async function planEdit({ api, summary }: Pick<Connection, 'api' | 'summary'>, wire: WireInspect, request: EditRequest): Promise<EditPlan> {
  const before = readSettings(wire)
  const after = request.settings
  const state = summary().state
  const abilities = { ports: state.status === 'ready' && state.facts.slipway }
  const changes = differences(before, after).map((each) => ({ ...each, live: isLive(each, before, after, abilities) }))
  const again = request.keepChanges === true || request.newerImage === true
  const how = changes.length === 0 && !again ? 'nothing' : changes.every(({ live }) => live) && !again ? 'live' : 'recreate'
  const stale = revisionOf(wire) === request.revision ? undefined : serializeError(new EngineError('conflict', 'It was changed by another program since this was opened.', { reason: 'edit-stale', hint: 'Open it again to see it as it is now.' }))
  const refusal = stale ?? (how === 'recreate' ? await whyNot(api, wire) : undefined)
  return { changes, how, warnings: how === 'recreate' ? warnings(wire, before, request, changes) : [], ...(refusal && { refusal }) }
}

function warnings(wire: WireInspect, before: ContainerSettings, { settings: after, keepChanges, newerImage }: EditRequest, changes: readonly Difference[]): EditWarning[] {
  const running = wire.State.Running || wire.State.Restarting
  const kept = new Set(after.mounts.flatMap((mount) => (mount.kind === 'volume' && mount.source ? [mount.source] : [])))
  const letGo = before.mounts.flatMap((mount) => (mount.kind === 'volume' && mount.source && !kept.has(mount.source) ? [mount.source] : []))
  const dynamic = running ? after.ports.filter(({ hostPort }) => hostPort === undefined).map(({ containerPort, protocol }) => `${containerPort}/${protocol}`) : []
  const all: (EditWarning | false)[] = [
    Boolean(running) && { kind: 'stops', names: [] },
    keepChanges !== true && { kind: 'writable-layer', names: [] },
    letGo.length > 0 && { kind: 'volume-let-go', names: letGo },
    (dynamic.length > 0 || (Boolean(running) && after.publishAll)) && { kind: 'dynamic-port', names: dynamic },
    (changes.some(({ setting }) => setting === 'image') || newerImage === true) && { kind: 'image-values', names: [] },
  ]
  return all.filter((each) => each !== false)
}

/** A recreate that could not be undone, or that would break another container, is not begun. */
async function whyNot(api: EngineApi, wire: WireInspect): Promise<SerializedError | undefined> {
  const refuse = (reason: string, message: string, hint: string) => serializeError(new EngineError('failed-precondition', message, { reason, hint }))
  if (wire.HostConfig.AutoRemove) return refuse('edit-auto-remove', 'It removes itself when it stops, so it could not be put back.', 'Run a new one with the settings you want.')
  if (wire.State.Paused) return refuse('edit-paused', 'It is paused.', 'Resume it first.')
  if (wire.State.Dead || wire.State.Status === 'removing') return refuse('edit-dead', 'It is being removed.', 'Run a new one.')
  const dependents = await dependentsOf(api, wire)
  return dependents.length > 0 ? refuse('edit-shared', `${dependents.join(', ')} ${dependents.length === 1 ? 'uses' : 'use'} its network, processes or volumes and would lose ${dependents.length === 1 ? 'it' : 'them'}.`, 'Remove or change those first.') : undefined
}

interface WireRow {
  Id: string
  Names?: string[] | null
  HostConfig?: { NetworkMode?: string }
}

/** Containers that name this one by its id: in their network mode, which lists tell. */
async function dependentsOf(api: EngineApi, { Id, Name }: WireInspect): Promise<string[]> {
  const rows = await api.json<WireRow[]>('GET', '/containers/json', { query: { all: true } })
  const name = Name.replace(/^\//, '')
  return rows.filter((row) => row.Id !== Id && [`container:${Id}`, `container:${name}`].includes(row.HostConfig?.NetworkMode ?? '')).map((row) => (row.Names?.[0] ?? row.Id).replace(/^\//, ''))
}

async function imageOf(api: EngineApi, name: string): Promise<WireImage | undefined> {
  try {
    return await api.json<WireImage>('GET', `/images/${encodeURI(name)}/json`)
  } catch (error) {
    if (isEngineError(error, 'not-found') || isEngineError(error, 'invalid-argument')) return undefined
    throw error
  }
}
