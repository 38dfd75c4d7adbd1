import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from '#base/backoff.ts'
import type { Connection } from '../connection.ts'
import { engineOf } from '../journal.ts'
import type { EditJournal, EditRecord } from './journal.ts'
import { finish } from './put-back.ts'
import { undo } from './undo.ts'
import type { WireInspect } from '../wire/inspect.ts'

export type Editing = Pick<Connection, 'api' | 'ready' | 'summary'>

/** In milliseconds. */
export interface Retries {
  times: number
  first: number
  most: number
}

/** Some ten minutes altogether. */
const usualRetries: Retries = { times: 15, first: 2_000, most: 60_000 }

/** What becomes of edits that were neither done nor undone: they are in the journal, and none of them is in `active`. */
export function createRecovery(journal: EditJournal, active: Set<string>, retries: Retries = usualRetries) {
  async function recover(connection: Editing): Promise<string[]> {
    const left = (await journal.all()).filter(({ id, engine }) => engine === engineOf(connection) && !active.has(id))
    left.forEach(({ id }) => active.add(id))
    try {
      return await mend(connection, journal, left)
    } finally {
      left.forEach(({ id }) => active.delete(id))
    }
  }

  /** An edit of it that could not be undone so far would be forgotten for this one. */
  async function mendFirst(connection: Editing, wire: WireInspect): Promise<WireInspect> {
    const left = (await journal.all()).filter(({ id, engine }) => id === wire.Id && engine === engineOf(connection))
    if (left.length === 0) return wire
    await mend(connection, journal, left)
    return await connection.api.json<WireInspect>('GET', `/containers/${wire.Id}/json`)
  }

  /** In the background; whoever meets the engine in the meantime does the same. */
  async function tryAgain(connection: Editing): Promise<void> {
    const backoff = createBackoff(retries.first, retries.most)
    for (let attempt = 0; attempt < retries.times; attempt++) {
      await wait(backoff.next(), undefined, { ref: false })
      if (await recover(connection).then(() => true, () => false)) return
    }
  }

  return { recover, mendFirst, tryAgain }
}

/** Each is tried, whatever becomes of the others. @returns the names of those that are right again. @throws the first that is not */
async function mend(connection: Editing, journal: EditJournal, records: readonly EditRecord[]): Promise<string[]> {
  const outcomes = await Promise.allSettled(
    records.map(async (record) => {
      if (record.kind === 'recreate' && record.replaced) await finish(connection.api, record)
      else await undo(connection, record)
      await journal.remove(record.id)
      return record.name
    }),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
}
