import { computed } from 'vue'
import { useRouter } from 'vue-router'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { taggedName } from './tagged-name.ts'

/** Containers whose image's name means another image here by now, and the way to have them run that one. */
export function useOutdated() {
  const store = useEngineState()
  const router = useRouter()
  /** What each name means here. */
  const here = computed(() => new Map(store.images.list.flatMap(({ id, tags }) => tags.map((tag) => [tag, id] as const))))

  function isOutdated({ image, imageId }: ContainerSummary): boolean {
    const now = here.value.get(taggedName(image))
    return now !== undefined && now !== imageId
  }
  const outdated = computed(() => store.containers.list.filter(isOutdated))
  /** To the review of the edit, with the newer image ticked. */
  const update = ({ id }: ContainerSummary) => void router.push({ query: { ...router.currentRoute.value.query, edit: id, newer: null } })
  return { here, isOutdated, outdated, update }
}
