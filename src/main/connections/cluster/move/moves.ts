/**
 * Moves to clusters, each in a journal from before its first deed until it has ended, well or undone. One that is found there when an engine is met was cut
 * off by the death of the app: what it deployed, which bears its mark, is removed, and so are the names that it made here to push. What ran here goes on.
 */
import type { MoveAnswer, MoveRequest } from '#shared/contract/cluster-move.ts'
import { isEngineError } from '#shared/errors.ts'
import type { Connection } from '../../connection.ts'
import { engineOf, type Journal } from '../../journal.ts'
import type { Operation } from '../../operation.ts'
import { removeMarked } from '../stack.ts'
import { moveToCluster } from './move.ts'

/** A move under way. */
export interface MoveRecord {
  /** By which what is deployed is marked. */
  id: string
  /** Engines, as their targets are written. Empty: nothing is left to do there. */
  from: string
  to: string
  stack: string
  /** Of images, made at `from` to push them. */
  names: string[]
}
export type MoveJournal = Journal<MoveRecord>
type Engine = Pick<Connection, 'api' | 'mirror' | 'summary' | 'hostFacts'>

export interface ClusterMoves {
  move(source: Engine, target: Engine, request: MoveRequest, operation: Operation, pace?: number): Promise<MoveAnswer>
  /** Undoes on that engine what an earlier life of the app left half done. @returns the names of the stacks */
  recover(connection: Pick<Connection, 'api' | 'summary'>): Promise<string[]>
}

const markLabel = 'slipway.move'
/** Milliseconds for what is taken back. */
const patience = 120_000

export function createClusterMoves(journal: MoveJournal): ClusterMoves {
  /** Under way in this process: theirs is not to be undone by a recovery. */
  const active = new Set<string>()
  let turns: Promise<unknown> = Promise.resolve()

  async function takeBack({ api, summary }: Pick<Connection, 'api' | 'summary'>, record: MoveRecord): Promise<void> {
    const signal = AbortSignal.timeout(patience)
    const engine = engineOf({ summary })
    const left = { ...record }
    if (record.to === engine) {
      const { state } = summary()
      // Who has left the cluster has left what was deployed there.
      if (state.status !== 'ready' || state.facts.cluster !== undefined) await removeMarked(api, [markLabel, record.id], signal)
      left.to = ''
    }
    if (record.from === engine) {
      for (const name of record.names) await api.json('DELETE', `/images/${encodeURI(name)}`, { signal }).catch(gone)
      left.from = ''
    }
    if (left.to === '' && (left.from === '' || record.names.length === 0)) await journal.remove(record.id)
    else await journal.write(left)
  }

  return {
    async move(source, target, request, operation, pace) {
      const record: MoveRecord = { id: crypto.randomUUID(), from: engineOf(source), to: engineOf(target), stack: request.stack, names: [] }
      active.add(record.id)
      try {
        const answer = await moveToCluster(source, target, request, operation, {
          mark: { [markLabel]: record.id },
          begin: () => journal.write(record),
          naming: async (name) => {
            record.names.push(name)
            await journal.write(record)
          },
          ...(pace !== undefined && { pace }),
        })
        await journal.remove(record.id)
        return answer
      } catch (error) {
        // What could not be taken back is tried again when that engine is next met.
        if (!isEngineError(error) || error.reason !== 'move-not-undone') await journal.remove(record.id)
        throw error
      } finally {
        active.delete(record.id)
      }
    },
    async recover(connection) {
      const engine = engineOf(connection)
      const mine = ({ id, from, to }: MoveRecord) => (from === engine || to === engine) && !active.has(id)
      // Both engines of a move are often met at once: the second goes on from what the first has left to do.
      const turn = turns.then(async () => {
        const found = (await journal.all()).filter(mine)
        for (const record of found) await takeBack(connection, record)
        return found.map(({ stack }) => stack)
      })
      turns = turn.catch(() => undefined)
      return turn
    },
  }
}

/** Somebody removed it by hand. */
function gone(error: unknown): void {
  if (!isEngineError(error, 'not-found')) throw error
}
