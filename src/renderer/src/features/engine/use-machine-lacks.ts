import { computed, type ComputedRef } from 'vue'
import type { HostCheck } from '#shared/contract/engine.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useInspected } from '../../composables/use-inspected.ts'
import { useEngineState } from '../../stores/engine-state.ts'

/** What the engine's machine lacks, so that some containers cannot be started there. */
export function useMachineLacks(): ComputedRef<readonly HostCheck[]> {
  const engine = useEngine()
  const store = useEngineState()
  const state = () => store.connection?.state
  const key = () => {
    const now = state()
    return now?.status === 'ready' && now.facts.slipway ? (store.connectionId ?? '') : ''
  }
  const host = useInspected(key, state, () => engine.engine.host())
  return computed(() => (key() === '' ? [] : (host.value.value?.checks.filter(({ status }) => status === 'missing') ?? [])))
}
