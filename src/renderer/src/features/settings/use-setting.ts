import { computed, ref, type WritableComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Settings } from '#shared/contract/settings.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useToasts } from '../../stores/toasts.ts'

/** Settings that the engine reads when it starts. */
const ofEngine: readonly (keyof Settings)[] = ['registryMirrors', 'insecureRegistries', 'addressPools', 'logMaxSize', 'logMaxFiles', 'httpProxy', 'httpsProxy', 'noProxy', 'runtime']
/** What they were when the engine that runs now was first seen, by the moment it started. */
const started = ref<{ since: number; values: string }>()

/** One setting: each takes effect at once; there is nothing to save. */
export function useSettings() {
  const { t } = useI18n()
  const engine = useEngine()
  const store = useEngineState()
  const toasts = useToasts()

  const set = (change: Partial<Settings>) => engine.settings.set(change).catch((error: unknown) => toasts.refused(t('settings.failed'), error))
  const setting = <Key extends keyof Settings>(key: Key): WritableComputedRef<Settings[Key]> => computed({ get: () => store.settings[key], set: (value) => void set({ [key]: value }) })

  const values = () => JSON.stringify(ofEngine.map((key) => store.settings[key]))
  const since = () => (store.engine.status === 'running' ? store.engine.since : 0)
  if (store.linked && started.value?.since !== since()) started.value = { since: since(), values: values() }
  /** The engine runs with other settings than these. */
  const stale = computed(() => store.engine.status === 'running' && started.value?.since === since() && started.value.values !== values())
  const restart = () => engine.engine.restart().catch((error: unknown) => toasts.refused(t('engine.restartFailed'), error))
  return { set, setting, stale, restart }
}
