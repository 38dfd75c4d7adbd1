import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { errorLine } from '../../composables/use-error-words.ts'
import { useFormats } from '../../composables/use-formats.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { registryName, useImageSearch } from './use-image-search.ts'
import { useRepositoryTags } from './use-repository-tags.ts'

const reasonOf = (error: unknown) => (typeof error === 'object' && error !== null && 'reason' in error ? error.reason : undefined)

/** Images for what is typed: those of this machine at once, those of the registries once the hand rests, and after a colon the repository's tags. A registry that cannot be asked leaves the others. */
export function useImageSuggestions(typed: () => string) {
  const store = useEngineState()
  const { t } = useI18n()
  const { bytes, number } = useFormats()
  const { names, failed } = useRepositoryTags(typed)
  const { found, silent } = useImageSearch(typed)

  const suggestions = computed(() => {
    const local = store.images.list.flatMap(({ tags, sizeBytes }) => tags.map((value) => ({ value, note: bytes(sizeBytes) })))
    const remote = found.value.map(({ name, stars, official, registry }) => ({ value: name, note: official ? t('run.official') : name.startsWith(`${registry}/`) ? t('run.atRegistry') : t('run.stars', { count: number(stars) }) }))
    const here = new Set(local.map(({ value }) => value))
    return [...local, ...[...remote, ...names.value.map((value) => ({ value }))].filter(({ value }) => !here.has(value))]
  })
  /** What could not be asked, in a quiet line: names and tags can always be typed. */
  const quiet = computed(() => {
    if (failed.value !== undefined) return reasonOf(failed.value) === 'needs-slipway' ? t('run.tags.otherEngine') : t('run.tags.failed', { reason: errorLine(failed.value) })
    return silent.value.length > 0 ? t('run.silent', { registries: silent.value.map(registryName).join(', ') }) : undefined
  })
  return { suggestions, quiet }
}
