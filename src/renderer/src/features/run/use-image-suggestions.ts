import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ImageSearchResult } from '#shared/contract/images.ts'
import { errorLine } from '../../composables/use-error-words.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useFormats } from '../../composables/use-formats.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useRepositoryTags } from './use-repository-tags.ts'

const PAUSE = 300
const reasonOf = (error: unknown) => (typeof error === 'object' && error !== null && 'reason' in error ? error.reason : undefined)

/** Images for what is typed: those of this machine at once, those of the registry once the hand rests, and after a colon the repository's tags. A registry that cannot be asked leaves the first. */
export function useImageSuggestions(typed: () => string) {
  const engine = useEngine()
  const store = useEngineState()
  const { t } = useI18n()
  const { bytes, number } = useFormats()
  const { names, failed } = useRepositoryTags(typed)
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

  const suggestions = computed(() => {
    const local = store.images.list.flatMap(({ tags, sizeBytes }) => tags.map((value) => ({ value, note: bytes(sizeBytes) })))
    const remote = found.value.map(({ name, stars, official }) => ({ value: name, note: official ? t('run.official') : t('run.stars', { count: number(stars) }) }))
    const here = new Set(local.map(({ value }) => value))
    return [...local, ...[...remote, ...names.value.map((value) => ({ value }))].filter(({ value }) => !here.has(value))]
  })
  /** Why no tags can be offered, in a quiet line: they can always be typed. */
  const noTags = computed(() => {
    if (failed.value === undefined) return undefined
    return reasonOf(failed.value) === 'needs-slipway' ? t('run.tags.otherEngine') : t('run.tags.failed', { reason: errorLine(failed.value) })
  })
  return { suggestions, noTags }
}
