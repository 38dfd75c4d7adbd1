import { BrushCleaning, CircleQuestionMark, Download, Languages, Moon, Plus, RotateCw } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useEngine } from '../composables/use-engine.ts'
import { useBuildItems } from '../features/build/palette-items.ts'
import { useConnectionItems } from '../features/connections/palette-items.ts'
import { useContainerItems } from '../features/containers/palette-items.ts'
import { useImageItems } from '../features/images/palette-items.ts'
import { useManifestItems } from '../features/kubernetes/use-manifest-menu.ts'
import { useLogItems } from '../features/logs/palette-items.ts'
import { useNetworkItems } from '../features/networks/palette-items.ts'
import { useSettingItems } from '../features/settings/palette-items.ts'
import { useVolumeItems } from '../features/volumes/palette-items.ts'
import { useEngineState } from '../stores/engine-state.ts'
import type { PaletteItem } from '../ui/palette.ts'
import { destinations, keysOf } from './destinations.ts'
import { useShortcutHelp } from './shortcut-help.ts'

/** Everything that can be gone to or done from the keyboard: the app's own, then what each feature offers. A feature adds a line here. */
export function usePaletteItems(): ComputedRef<PaletteItem[]> {
  const sources = [useAppActions(), usePages(), useConnectionItems(), useContainerItems(), useImageItems(), useBuildItems(), useVolumeItems(), useNetworkItems(), useLogItems(), useManifestItems(), useSettingItems()]
  return computed(() => sources.flatMap((source) => source.value))
}

function useAppActions(): ComputedRef<PaletteItem[]> {
  const { t, locale } = useI18n()
  const router = useRouter()
  const engine = useEngine()
  const store = useEngineState()
  const help = useShortcutHelp()
  const go = (to: Parameters<typeof router.push>[0]) => () => void router.push(to)
  return computed(() => [
    { id: 'run', label: t('palette.run'), group: 'actions', icon: Plus, run: go({ path: '/containers', query: { run: '' } }) },
    { id: 'pull', label: t('palette.pull'), group: 'actions', icon: Download, run: go({ path: '/images', query: { pull: '' } }) },
    { id: 'cleanup', label: t('cleanUp.title'), group: 'actions', icon: BrushCleaning, run: go({ path: '/', query: { cleanup: '' } }) },
    { id: 'theme', label: t('palette.theme'), group: 'actions', icon: Moon, run: () => void engine.settings.set({ appearance: document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark' }) },
    { id: 'language', label: t('palette.language'), group: 'actions', icon: Languages, run: () => void engine.settings.set({ language: locale.value === 'fr' ? 'en' : 'fr' }) },
    { id: 'shortcuts', label: t('shortcuts.title'), group: 'actions', icon: CircleQuestionMark, keys: '@help', run: () => (help.open = true) },
    ...(store.connection?.target.kind === 'embedded' ? [{ id: 'restart', label: t('palette.restartEngine'), group: 'actions' as const, icon: RotateCw, run: () => void engine.engine.restart().catch(() => undefined) }] : []),
  ])
}

function usePages(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const router = useRouter()
  return computed(() => destinations.map(({ name, path, icon }, index) => ({ id: path, label: t(`frame.places.${name}`), group: 'pages', icon, keys: keysOf(index), run: () => void router.push(path) })))
}
