/**
 * Moves to clusters, each in a journal from before its first deed until it has ended, well or undone. One that is found there when an engine is met was cut
 * off by the death of the app: what it deployed, which bears its mark, is removed, and so are the names that it made here to push. What ran here goes on.
 */
import { KeyedMutex } from '#base/keyed-mutex.ts'
import { settleAll } from '#base/settle-all.ts'
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
  /** By engine, and by record: an engine that does not answer keeps nobody else waiting. */
  const turns = new KeyedMutex()

  async function takeBack({ api, summary }: Pick<Connection, 'api' | 'summary'>, { id, from, to, names }: MoveRecord): Promise<void> {
    const signal = AbortSignal.timeout(patience)
    const engine = engineOf({ summary })
    if (to === engine) {
      const { state } = summary()
      // Who has left the cluster has left what was deployed there.
      if (state.status !== 'ready' || state.facts.cluster !== undefined) await removeMarked(api, [markLabel, id], signal)
    }
    if (from === engine) for (const name of names) await api.json('DELETE', `/images/${encodeURI(name)}`, { signal }).catch(gone)
    await turns.run(id, () => strike(id, engine))
  }

  /** Nothing is left to do there; with nothing left anywhere the move is forgotten. */
  async function strike(id: string, engine: string): Promise<void> {
    const record = (await journal.all()).find((each) => each.id === id)
    if (!record) return
    const left = { ...record, from: record.from === engine ? '' : record.from, to: record.to === engine ? '' : record.to }
    if (left.to === '' && (left.from === '' || left.names.length === 0)) await journal.remove(id)
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
      return turns.run(engine, async () => {
        const found = (await journal.all()).filter(mine)
        await settleAll(found.map((record) => takeBack(connection, record)))
        return found.map(({ stack }) => stack)
      })
    },
  }
}

/** Somebody removed it by hand. */
function gone(error: unknown): void {
  if (!isEngineError(error, 'not-found')) throw error
}
