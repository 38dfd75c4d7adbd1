import { Network } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useRouter } from 'vue-router'
import { useEngineState } from '../../stores/engine-state.ts'
import type { PaletteItem } from '../../ui/palette.ts'

/** Every network. */
export function useNetworkItems(): ComputedRef<PaletteItem[]> {
  const router = useRouter()
  const store = useEngineState()
  return computed(() => store.networks.list.map(({ id, name }) => ({ id, label: name, group: 'networks', icon: Network, run: () => void router.push(`/networks/${id}`) })))
}
