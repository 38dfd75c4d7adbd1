import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { findReference } from '#shared/oci/reference.ts'
import { useEngine } from '../../composables/use-engine.ts'

/** `nginx:`, `registry:5000/team/app:1.2`: a repository, and a tag that was begun. */
export function repositoryIn(text: string): string | undefined {
  const at = text.lastIndexOf(':')
  const repository = text.slice(0, Math.max(0, at)).trim()
  return at > text.lastIndexOf('/') && /^[\w.-]*$/.test(text.slice(at + 1)) && findReference(repository) ? repository : undefined
}

/** The tags of the repository that is typed, asked for once the hand rests after the colon. `failed` is why there are none. */
export function useRepositoryTags(typed: () => string) {
  const engine = useEngine()
  const answer = shallowRef<{ repository: string; tags: readonly string[]; error?: unknown }>()
  const repository = computed(() => repositoryIn(typed().trim()))
  let asking: AbortController | undefined

  watch(repository, (now, _, onCleanup) => {
    asking?.abort()
    answer.value = undefined
    if (now === undefined) return
    const timer = setTimeout(() => void ask(now), 200)
    onCleanup(() => clearTimeout(timer))
  }, { immediate: true })
  async function ask(name: string) {
    const { signal } = (asking = new AbortController())
    const next = await engine.images.tags({ repository: name }, { signal }).then((tags) => ({ repository: name, tags }), (error: unknown) => ({ repository: name, tags: [], error }))
    if (!signal.aborted) answer.value = next
  }
  onScopeDispose(() => asking?.abort())

  return {
    names: computed(() => answer.value?.tags.map((tag) => `${answer.value?.repository}:${tag}`) ?? []),
    failed: computed(() => answer.value?.error),
  }
}
