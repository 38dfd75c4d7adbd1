import { useI18n } from 'vue-i18n'
import type { Reach } from './reach.ts'

/** How a container is reached in the fewest words: what to type, or why not. */
export function useReachWords() {
  const { t } = useI18n()
  return (reach: Reach): string => {
    switch (reach.kind) {
      case 'name': return reach.names.filter((name, index) => index === 0 || !/^[0-9a-f]{12}$/.test(name)).slice(0, 2).join(', ')
      case 'address': return reach.address
      case 'localhost': return 'localhost'
      case 'published': return t('networks.reach.published', { port: reach.port })
      case 'none': return t(`networks.reach.${reach.why}`)
    }
  }
}
