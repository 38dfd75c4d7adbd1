import { useI18n } from 'vue-i18n'
import type { AccountPlace } from '#shared/contract/registries.ts'

/** Where an account lies, in words. */
export function useAccountWords() {
  const { t } = useI18n()
  const named = (place: AccountPlace) => (place.kind === 'helper' ? { helper: place.helper } : {})
  return {
    /** Whole sentences, before and after. */
    kept: (place: AccountPlace) => t(`registries.kept.${place.kind}`, named(place)),
    /** Beside an account. */
    place: (place: AccountPlace) => t(`registries.places.${place.kind}`, named(place)),
  }
}
