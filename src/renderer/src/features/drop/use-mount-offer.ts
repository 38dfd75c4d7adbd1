import { shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import type { Dropped } from '../../composables/use-drop-target.ts'

/** What was dropped and is offered now. An address cannot carry what is in it. */
export const heldDrop = shallowRef<readonly Dropped[]>([])

/** Opens the offer to mount something in a container: `?mount-in=id`, with `&path=` where it is known and `&dropped=` its name where it is not. */
export function useMountOffer() {
  const router = useRouter()
  return (container: string, dropped: readonly Dropped[] = [], path = dropped[0]?.path) => {
    heldDrop.value = dropped
    const [first] = dropped
    void router.push({ query: { ...router.currentRoute.value.query, 'mount-in': container, ...(path ? { path } : first && { dropped: first.name }) } })
  }
}
