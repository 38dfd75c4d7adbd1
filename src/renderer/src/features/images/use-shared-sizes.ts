import { shallowRef, watch } from 'vue'
import type { ImageSummary } from '#shared/contract/images.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useSettled } from '../../composables/use-settled.ts'
import { useEngineState } from '../../stores/engine-state.ts'

/** How much of each image others have as well: it changes with any image, so the whole is asked for when images came or went. */
export function useSharedSizes() {
  const engine = useEngine()
  const store = useEngineState()
  const sizes = shallowRef<ReadonlyMap<string, number>>(new Map())
  const settled = useSettled(() => store.images.list.map(({ id }) => id).sort().join())
  watch(settled, async (ids) => {
    if (ids === '') return
    const found = await engine.images.sharedSizes().catch(() => [])
    sizes.value = new Map(found.map(({ id, bytes }) => [id, bytes]))
  }, { immediate: true })
  return { of: ({ id }: ImageSummary): number | undefined => sizes.value.get(id) }
}
