import { Layers } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useEngineState } from '../../stores/engine-state.ts'
import type { PaletteItem } from '../../ui/palette.ts'
import { imageName } from './local-image.ts'
import { useImageActions } from './use-image-actions.ts'

/** Every image that has a name, and everything its menu does. */
export function useImageItems(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const router = useRouter()
  const store = useEngineState()
  const actions = useImageActions()
  return computed(() => store.images.list.filter(({ tags }) => tags.length > 0).flatMap((image) => [
    { id: image.id, label: imageName(image), group: 'images' as const, icon: Layers, run: () => void router.push(`/images/${image.id}`) },
    ...actions.menuFor(image).filter(({ disabled }) => !disabled).map(({ id, label, icon, run }) => ({ id: `${image.id} ${id}`, label: t('palette.deed', { deed: label, name: imageName(image) }), group: 'images' as const, icon: icon ?? Layers, deep: true, run })),
  ]))
}
