import { ScrollText } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useEngineState } from '../../stores/engine-state.ts'
import type { PaletteItem } from '../../ui/palette.ts'

/** The logs of all that run, and of each compose project. */
export function useLogItems(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const router = useRouter()
  const store = useEngineState()
  return computed(() => [
    { id: 'logs running', label: t('logs.ofRunning'), group: 'actions', icon: ScrollText, run: () => void router.push({ path: '/logs', query: { running: null } }) },
    ...[...new Set(store.containers.list.flatMap(({ compose }) => (compose ? [compose.project] : [])))].map((project) => ({ id: `logs ${project}`, label: t('logs.of', { name: project }), group: 'projects' as const, icon: ScrollText, run: () => void router.push({ path: '/logs', query: { project } }) })),
  ])
}
