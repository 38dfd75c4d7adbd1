import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useToasts } from '../../stores/toasts.ts'

/** What may be done about releases. What comes of it is told by events. */
export function useUpdates() {
  const engine = useEngine()
  const toasts = useToasts()
  const { t } = useI18n()
  const act = (deed: () => Promise<unknown>) => () => void deed().catch((error: unknown) => toasts.refused(t('settings.updates.failed'), error))
  return { check: act(() => engine.updates.check()), download: act(() => engine.updates.download()), cancel: act(() => engine.updates.cancel()), install: act(() => engine.updates.install()) }
}

/** A newer release is told once, where it is not looked at already. */
export function useUpdateNotice(): void {
  const { t } = useI18n()
  const store = useEngineState()
  const route = useRoute()
  const router = useRouter()
  const toasts = useToasts()
  const told = new Set<string>()
  watch(
    () => store.update,
    (update) => {
      if ((update.status !== 'available' && update.status !== 'ready') || told.has(`${update.status} ${update.release.version}`)) return
      told.add(`${update.status} ${update.release.version}`)
      if (route.path === '/settings') return
      toasts.show({ tone: 'plain', title: t(`settings.updates.told.${update.status}`, { version: update.release.version }), action: { label: t('settings.updates.show'), run: () => void router.push({ path: '/settings', query: { q: update.release.version } }) } })
    },
    { immediate: true },
  )
}
