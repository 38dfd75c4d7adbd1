import { isEngineError } from '#shared/errors.ts'
import type { Connection } from '../connection.ts'
import type { EngineApi } from '../engine-api.ts'
import { differences } from './changes.ts'
import type { EditRecord } from './journal.ts'
import { applyLive } from './live.ts'
import { findContainer, putBack } from './put-back.ts'
import { readSettings } from './read-settings.ts'
import { settingsOnly } from './settings-only.ts'

/** How long the undoing waits for an engine that went away in the middle. */
const returnDeadline = 30_000

/** Makes it as it was. @returns true when all had been done as wished already, and stays so */
export async function undo(connection: Pick<Connection, 'api' | 'ready'>, record: EditRecord): Promise<boolean> {
  const attempt = async () => (record.kind === 'live' ? await undoLive(connection.api, record) : (await putBack(connection.api, record), false))
  try {
    return await attempt()
  } catch (error) {
    if (!isEngineError(error, 'unavailable')) throw error
    await connection.ready(AbortSignal.timeout(returnDeadline))
    return await attempt()
  }
}

/** From whatever is there now, back to what was. @returns true when all is as wished already: then it stays so, for the last request of a live edit does all or nothing */
async function undoLive(api: EngineApi, { id, before, after }: Extract<EditRecord, { kind: 'live' }>): Promise<boolean> {
  const wire = await findContainer(api, id)
  if (!wire) return false
  const now = readSettings(wire)
  const left = differences(now, settingsOnly(after, now))
  if (left.length === 0) return true
  const back = settingsOnly(before, now)
  await applyLive(api, id, now, back, differences(now, back))
  return false
}
