import { Box } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useEngineState } from '../../stores/engine-state.ts'
import type { PaletteItem } from '../../ui/palette.ts'
import { useContainerWords } from './container-words.ts'
import { useContainerActions } from './use-container-actions.ts'

/** Every container, and everything its menu does. */
export function useContainerItems(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const router = useRouter()
  const store = useEngineState()
  const words = useContainerWords()
  const actions = useContainerActions()
  return computed(() => store.containers.list.flatMap((container) => [
    { id: container.id, label: container.name, note: container.image, group: 'containers' as const, icon: Box, look: words(container).look, run: () => void router.push(`/containers/${container.id}`) },
    ...actions.menuFor(container).filter(({ disabled }) => !disabled).map(({ id, label, icon, run }) => ({ id: `${container.id} ${id}`, label: t('palette.deed', { deed: label, name: container.name }), group: 'containers' as const, icon: icon ?? Box, deep: true, run })),
  ]))
}
