import { shallowRef, type ShallowRef } from 'vue'
import { useEngine } from '../../composables/use-engine.ts'

/** How much is in each volume, counted when the list is opened and after a deed of our own: counting reads every folder. */
const sizes = shallowRef<Readonly<Record<string, number>>>({})

export function useVolumeSizes(): { sizes: Readonly<ShallowRef<Readonly<Record<string, number>>>>; count: () => Promise<void> } {
  const engine = useEngine()
  return {
    sizes,
    count: async () => void (await engine.volumes.sizes().then((answer) => (sizes.value = answer), () => undefined)),
  }
}
