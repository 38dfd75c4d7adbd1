import { Box, Download, Languages, Layers, Moon, Plus, RotateCw } from 'lucide-vue-next'
import { computed, type Component, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useEngine } from '../composables/use-engine.ts'
import { imageName } from '../features/images/local-image.ts'
import { useEngineState } from '../stores/engine-state.ts'
import type { StateLook } from '../ui/state-look.ts'
import { useContainerWords } from '../features/containers/container-words.ts'
import { destinations } from './destinations.ts'

export interface PaletteItem {
  id: string
  label: string
  group: 'actions' | 'pages' | 'containers' | 'images'
  icon: Component
  note?: string
  keys?: string
  look?: StateLook
  run: () => void
}

/** How well a label answers what was typed: 0 not at all, more is better. Every typed letter must occur in order. */
export function paletteScore(label: string, query: string): number {
  const [text, needle] = [label.toLowerCase(), query.toLowerCase().trim()]
  if (needle === '') return 1
  const at = text.indexOf(needle)
  if (at >= 0) return at === 0 ? 100 : /[\s/:_-]/.test(text[at - 1] ?? '') ? 80 : 60
  let position = -1
  for (const letter of needle) {
    position = text.indexOf(letter, position + 1)
    if (position < 0) return 0
  }
  return 10
}

/** Everything that can be gone to or done from the keyboard. */
export function usePaletteItems(): ComputedRef<PaletteItem[]> {
  const { t, locale } = useI18n()
  const router = useRouter()
  const engine = useEngine()
  const store = useEngineState()
  const words = useContainerWords()
  const go = (to: Parameters<typeof router.push>[0]) => () => void router.push(to)

  const actions = computed<PaletteItem[]>(() => [
    { id: 'run', label: t('palette.run'), group: 'actions', icon: Plus, run: go({ path: '/containers', query: { run: '' } }) },
    { id: 'pull', label: t('palette.pull'), group: 'actions', icon: Download, run: go({ path: '/images', query: { pull: '' } }) },
    { id: 'theme', label: t('palette.theme'), group: 'actions', icon: Moon, run: () => void engine.settings.set({ appearance: document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark' }) },
    { id: 'language', label: t('palette.language'), group: 'actions', icon: Languages, run: () => void engine.settings.set({ language: locale.value === 'fr' ? 'en' : 'fr' }) },
    ...(store.connection?.target.kind === 'embedded' ? [{ id: 'restart', label: t('palette.restartEngine'), group: 'actions' as const, icon: RotateCw, run: () => void engine.engine.restart().catch(() => undefined) }] : []),
  ])
  const pages = computed<PaletteItem[]>(() => destinations.map(({ name, path, icon }, index) => ({ id: path, label: t(`frame.places.${name}`), group: 'pages', icon, keys: `mod+${index + 1}`, run: go(path) })))
  const containers = computed<PaletteItem[]>(() => store.containers.list.map((each) => ({ id: each.id, label: each.name, note: each.image, group: 'containers', icon: Box, look: words(each).look, run: go(`/containers/${each.id}`) })))
  const images = computed<PaletteItem[]>(() => store.images.list.filter(({ tags }) => tags.length > 0).map((each) => ({ id: each.id, label: imageName(each), group: 'images', icon: Layers, run: go(`/images/${each.id}`) })))
  return computed(() => [...actions.value, ...pages.value, ...containers.value, ...images.value])
}
