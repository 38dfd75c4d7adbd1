import type { EachOutcome } from '#shared/contract/containers.ts'
import { serializeError } from '#shared/contract/errors.ts'
import { isEngineError } from '#shared/errors.ts'

/** At once, so that fifty stops take as long as the slowest; what one does is nothing to the others. "Already so" (304) counts as done. */
export const each = (ids: readonly string[], act: (id: string) => Promise<unknown>): Promise<EachOutcome[]> =>
  Promise.all(
    ids.map(async (id) => {
      try {
        await act(id)
        return { id }
      } catch (error) {
        return isEngineError(error, 'not-modified') ? { id } : { id, error: serializeError(error) }
      }
    }),
  )
