import { computed, type ComputedRef } from 'vue'
import { useEngineState } from '../stores/engine-state.ts'
import type { SerializedError } from '#shared/contract/errors.ts'

/** What a list page shows before its rows: nothing known yet, an engine that cannot be had, or the rows there are. */
export type ListState = { status: 'loading' } | { status: 'failed'; error: SerializedError } | { status: 'ready' }

/** The same ones each time: nothing is drawn again because a list that was there is there. */
const READY: ListState = { status: 'ready' }
const LOADING: ListState = { status: 'loading' }

export function useListState(count: () => number): ComputedRef<ListState> {
  const state = useEngineState()
  return computed(() => {
    if (count() > 0) return READY
    const connection = state.connection?.state
    if (connection?.status === 'failed') return { status: 'failed', error: connection.error }
    if (state.engine.status === 'failed' && connection?.status !== 'ready') return { status: 'failed', error: state.engine.error }
    return state.linked && connection?.status === 'ready' ? READY : LOADING
  })
}
