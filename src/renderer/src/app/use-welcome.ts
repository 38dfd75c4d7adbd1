import { watch } from 'vue'
import { useRouter } from 'vue-router'
import { useEngineState } from '../stores/engine-state.ts'

/** The first time the app is opened, the first thing shown is what the host can do. A deep link is followed all the same. */
export function useWelcome(): void {
  const state = useEngineState()
  const router = useRouter()
  const arrivedAt = location.hash.replace(/^#\/?/, '')
  const stop = watch(
    () => state.linked,
    (linked) => {
      if (!linked) return
      if (!state.settings.welcomed && arrivedAt === '') void router.replace('/engine')
      queueMicrotask(() => stop())
    },
    { immediate: true },
  )
}
