import { computed, type ComputedRef } from 'vue'
import { useCheckUp } from '../../stores/check-up.ts'
import { useEngineState } from '../../stores/engine-state.ts'

/** Why the app's own engine had ended before it was started again, until everything on its disk was checked. */
export function useUnexpectedEnd(): ComputedRef<string | undefined> {
  const store = useEngineState()
  const checkUps = useCheckUp()
  return computed(() => {
    const { connection, engine } = store
    if (connection?.target.kind !== 'embedded' || engine.status !== 'running') return undefined
    return checkUps.of(connection.id)?.report ? undefined : engine.after
  })
}
