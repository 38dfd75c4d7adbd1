import { useRouter } from 'vue-router'
import type { Dropped } from '../../composables/use-drop-target.ts'

/** Opens the offer to mount something in a container: `?mount-in=id`, with `&path=` where it is known and `&dropped=` its name where it is not. */
export function useMountOffer() {
  const router = useRouter()
  return (container: string, dropped?: Pick<Dropped, 'name' | 'path'>) =>
    void router.push({ query: { ...router.currentRoute.value.query, 'mount-in': container, ...(dropped?.path ? { path: dropped.path } : dropped && { dropped: dropped.name }) } })
}
