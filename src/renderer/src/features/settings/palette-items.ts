import { Settings } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { PaletteItem } from '../../ui/palette.ts'

const NAMES = ['appearance', 'language', 'motion', 'background', 'runtime', 'pools', 'mirrors', 'insecure', 'httpsProxy', 'logSize', 'noticeCrash', 'noticeUnhealthy', 'noticeWork'] as const

/** Settings by name, the diagnostics and the licences. */
export function useSettingItems(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const router = useRouter()
  return computed(() => [
    ...NAMES.map((name) => ({ id: `setting ${name}`, label: t(`settings.${name}`), group: 'settings' as const, icon: Settings, deep: true, run: () => void router.push({ path: '/settings', query: { q: t(`settings.${name}`) } }) })),
    { id: 'diagnostics', label: t('settings.diagnostics'), group: 'settings', icon: Settings, deep: true, run: () => void router.push({ path: '/settings', query: { diagnostics: null } }) },
    { id: 'licences', label: t('settings.licences'), group: 'settings', icon: Settings, deep: true, run: () => void router.push({ path: '/settings', query: { licences: null } }) },
  ])
}
