import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { MoveAnswer, MoveRequest } from '#shared/contract/cluster-move.ts'
import { useWork, type Work } from '../../stores/work.ts'
import type { EngineProxy } from '../../engine/proxy.ts'

/** A move under way, or as it ended. */
export interface Move {
  request: MoveRequest
  work: Work
  answer?: MoveAnswer
  error?: unknown
}

/** The last move of each thing: it goes on while other pages are looked at. */
export const useMoves = defineStore('moves', () => {
  const works = useWork()
  const moves = shallowReactive(new Map<string, Move>())

  async function begin(engine: EngineProxy, thing: string, request: MoveRequest): Promise<MoveAnswer | undefined> {
    const { work, done } = works.begin('move', request.stack, (options) => engine.cluster.move(request, options))
    moves.set(thing, { request, work })
    try {
      const answer = await done
      moves.set(thing, { request, work, answer })
      return answer
    } catch (error) {
      moves.set(thing, { request, work, error })
      // It is told where it was begun.
      works.dismiss(work)
      return undefined
    }
  }
  const forget = (thing: string) => void moves.delete(thing)
  return { moves, begin, forget }
})
