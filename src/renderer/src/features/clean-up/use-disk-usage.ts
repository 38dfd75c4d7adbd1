import { storeToRefs } from 'pinia'
import { watch } from 'vue'
import { useEngine } from '../../composables/use-engine.ts'
import { useSettled } from '../../composables/use-settled.ts'
import { useDiskUsageStore } from '../../stores/disk-usage.ts'
import { useEngineState } from '../../stores/engine-state.ts'

/** What lies on the disk: measured once, and again when things have come or gone and no more do. */
export function useDiskUsage() {
  const engine = useEngine()
  const state = useEngineState()
  const store = useDiskUsageStore()
  const there = useSettled(() => [state.connection?.state.status, state.containers.list.map(({ id, state: { status } }) => id + (status === 'running')), state.images.list.map(({ id, tags }) => id + tags.length), state.volumes.list.map(({ name }) => name)].join())
  watch(there, () => state.connection?.state.status === 'ready' && void store.measure(engine), { immediate: true })
  return { ...storeToRefs(store), measure: () => store.measure(engine) }
}
