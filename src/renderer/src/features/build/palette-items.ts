import { Hammer } from 'lucide-vue-next'
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { useFormats } from '../../composables/use-formats.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import type { PaletteItem } from '../../ui/palette.ts'
import { useBuildWords } from './build-words.ts'

/** To build, and the last build of each name. */
export function useBuildItems(): ComputedRef<PaletteItem[]> {
  const { t } = useI18n()
  const { ago } = useFormats()
  const router = useRouter()
  const store = useEngineState()
  const words = useBuildWords()
  return computed(() => {
    const newest = store.builds.list.toSorted((a, b) => b.startedAt - a.startedAt)
    const last = newest.filter(({ name }, index) => newest.findIndex((each) => each.name === name) === index)
    return [
      { id: 'build', label: t('build.action'), group: 'actions' as const, icon: Hammer, run: () => void router.push('/build') },
      ...last.map((build) => ({ id: `build ${build.id}`, label: t('build.ofName', { name: build.name }), group: 'builds' as const, icon: Hammer, note: `${words.ofBuild(build).word}, ${ago(build.startedAt)}`, run: () => void router.push({ path: `/build/${build.id}`, query: { folder: build.request.folder, file: build.request.dockerfile } }) })),
    ]
  })
}
