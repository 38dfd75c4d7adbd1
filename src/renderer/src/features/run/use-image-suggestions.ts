import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ImageSearchResult } from '#shared/contract/images.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useFormats } from '../../composables/use-formats.ts'
import { useEngineState } from '../../stores/engine-state.ts'

const PAUSE = 300

/** Images for what is typed: those of this machine at once, those of the registry once the hand rests. A registry that cannot be asked leaves the first. */
export function useImageSuggestions(typed: () => string) {
  const engine = useEngine()
  const store = useEngineState()
  const { t } = useI18n()
  const { bytes, number } = useFormats()
  const found = shallowRef<readonly ImageSearchResult[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  const search = async (term: string) => {
    asking = new AbortController()
    const { signal } = asking
    const answer = await engine.images.search({ term, limit: 15 }, { signal }).catch(() => undefined)
    if (!signal.aborted) found.value = answer ?? []
  }
  watch(typed, (text) => {
    clearTimeout(timer)
    asking?.abort()
    const term = text.trim()
    if (/^[a-z0-9][a-z0-9._/-]+$/.test(term)) timer = setTimeout(() => void search(term), PAUSE)
    else found.value = []
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    asking?.abort()
  })

  return computed(() => {
    const local = store.images.list.flatMap(({ tags, sizeBytes }) => tags.map((value) => ({ value, note: bytes(sizeBytes) })))
    const remote = found.value.map(({ name, stars, official }) => ({ value: name, note: official ? t('run.official') : t('run.stars', { count: number(stars) }) }))
    const here = new Set(local.map(({ value }) => value))
    return [...local, ...remote.filter(({ value }) => !here.has(value))]
  })
}
