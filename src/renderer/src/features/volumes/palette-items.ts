import { HardDrive } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useRouter } from 'vue-router'
import { useEngineState } from '../../stores/engine-state.ts'
import type { PaletteItem } from '../../ui/palette.ts'

/** Every volume with a name somebody gave it. */
export function useVolumeItems(): ComputedRef<PaletteItem[]> {
  const router = useRouter()
  const store = useEngineState()
  return computed(() => store.volumes.list.filter(({ name }) => !/^[0-9a-f]{64}$/.test(name)).map(({ name }) => ({ id: `volume ${name}`, label: name, group: 'volumes', icon: HardDrive, run: () => void router.push(`/volumes/${encodeURIComponent(name)}`) })))
}
