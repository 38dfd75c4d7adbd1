/**
 * Edits of containers, on any engine. The page reads a container as settings (`editable`), asks what a change of them would do (`planEdit`), and has it
 * done (`edit`). An edit is written into a journal before its first deed and taken out after its last: one that is found there when an engine
 * is met was cut off by the death of the app, and is undone, or finished if the successor had already taken its place
 * (recovery.ts). One that could not be undone is tried again, with growing delays and whenever the engine is met.
 */
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import type { EditContract, EditedContainer, EditPhase, EditRequest } from '#shared/contract/edit.ts'
import { EngineError, isEngineError, messageOf } from '#shared/errors.ts'
import type { EngineApi } from '../engine-api.ts'
import { engineOf } from '../journal.ts'
import type { Operation } from '../operation.ts'
import { differences } from './changes.ts'
import type { EditJournal, EditRecord } from './journal.ts'
import { applyLive } from './live.ts'
import { planEdit, readEditable } from './plan.ts'
import { readSettings } from './read-settings.ts'
import { createRecovery, type Editing, type Retries } from './recovery.ts'
import { recreate } from './recreate.ts'
import { undo } from './undo.ts'
import { patience as usualPatience, type Patience } from './wait-until-up.ts'
import type { WireInspect } from '../wire/inspect.ts'

type EditCalls = Pick<Implementation<Contract, Operation>['containers'], keyof EditContract>

export interface Edits {
  of(connection: Editing): EditCalls
  /** Undoes or finishes what an earlier life of the app left half done on that engine. @returns the names of the containers */
  recover(connection: Editing): Promise<string[]>
}

export function createEdits(journal: EditJournal, patience: Patience = usualPatience, retries?: Retries): Edits {
  /** Under way in this process: theirs is not to be undone by a recovery, and a second edit has to wait. */
  const active = new Set<string>()
  const { recover, mendFirst, tryAgain } = createRecovery(journal, active, retries)

  async function edit(connection: Editing, request: EditRequest, operation: Operation): Promise<EditedContainer> {
    const wire = await connection.api.json<WireInspect>('GET', `/containers/${request.id}/json`, { signal: operation.signal })
    if (active.has(wire.Id)) throw new EngineError('conflict', 'It is being edited already.', { reason: 'edit-under-way', hint: 'Wait until that is done.' })
    active.add(wire.Id)
    try {
      return await carryOut(connection, await mendFirst(connection, wire), request, operation)
    } finally {
      active.delete(wire.Id)
    }
  }

  async function carryOut(connection: Editing, wire: WireInspect, request: EditRequest, operation: Operation): Promise<EditedContainer> {
    const { api } = connection
    const { how, refusal } = await planEdit(connection, wire, request)
    if (refusal) throw new EngineError(refusal.code, refusal.message, refusal)
    if (how === 'nothing') return { id: wire.Id, name: request.settings.name, how }
    const record = recordOf(how, engineOf(connection), wire, request)
    await journal.write(record)
    const step = (phase: EditPhase) => {
      operation.signal.throwIfAborted()
      operation.progress({ kind: 'phase', phase })
    }
    try {
      const done = record.kind === 'recreate' ? await recreate({ api, wire, request, journal, record, patience, signal: operation.signal, step, progress: operation.progress }) : await changeLive(api, wire, request, operation, step)
      await journal.remove(record.id)
      return done
    } catch (error) {
      operation.progress({ kind: 'phase', phase: 'undoing' })
      const stands = await undoOrTell(connection, journal, record, error).catch((reason: unknown) => {
        void tryAgain(connection)
        throw reason
      })
      if (stands) return { id: wire.Id, name: request.settings.name, how }
      throw failed(error)
    }
  }

  return {
    of: (connection) => ({
      editable: async ({ id }, { signal }) => readEditable(connection.api, await connection.api.json<WireInspect>('GET', `/containers/${id}/json`, { signal })),
      planEdit: async (request, { signal }) => planEdit(connection, await connection.api.json<WireInspect>('GET', `/containers/${request.id}/json`, { signal }), request),
      edit: (request, operation) => edit(connection, request, operation),
    }),
    recover,
  }
}

/** Its own deadline, not the user's: who cancels wants it undone. @returns true when all of it had been done in spite of the error */
async function undoOrTell(connection: Editing, journal: EditJournal, record: EditRecord, why: unknown): Promise<boolean> {
  try {
    if (record.kind === 'recreate') await journal.write({ ...record, replaced: false })
    const done = await undo(connection, record)
    await journal.remove(record.id)
    return done
  } catch (error) {
    throw new EngineError('data-loss', `${asSentence(messageOf(why))} And it could not be put back as it was: ${messageOf(error)}`, { reason: 'edit-not-undone', hint: 'Nothing of it is removed. Slipway tries again by itself.', cause: error })
  }
}

/** Engines other than ours end theirs without a stop. */
const asSentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)

async function changeLive(api: EngineApi, wire: WireInspect, { settings }: EditRequest, { signal }: Operation, step: (phase: EditPhase) => void): Promise<EditedContainer> {
  step('changing')
  const before = readSettings(wire)
  await applyLive(api, wire.Id, before, settings, differences(before, settings), signal)
  return { id: wire.Id, name: settings.name, how: 'live' }
}

function recordOf(how: 'live' | 'recreate', engine: string, wire: WireInspect, { settings }: EditRequest): EditRecord {
  const before = readSettings(wire)
  const base = { id: wire.Id, engine, name: before.name }
  if (how === 'live') return { ...base, kind: 'live', before, after: settings }
  const mark = crypto.randomUUID().slice(0, 8)
  return {
    ...base,
    kind: 'recreate',
    successorName: `${settings.name}-next-${mark}`,
    retiredName: `${before.name}-before-${mark}`,
    finalName: settings.name,
    wasRunning: Boolean(wire.State.Running || wire.State.Restarting),
    volumes: (wire.Mounts ?? []).flatMap(({ Name }) => (Name ? [Name] : [])),
    restart: { Name: settings.restart.policy, MaximumRetryCount: settings.restart.maximumRetries ?? 0 },
    replaced: false,
  }
}

/** What went wrong, with the assurance that goes with it. */
function failed(error: unknown): unknown {
  if (!isEngineError(error)) return isAbort(error) ? new EngineError('cancelled', 'Cancelled.') : error
  return error
}
const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError'
