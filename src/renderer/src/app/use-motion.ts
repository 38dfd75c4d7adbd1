import { watchEffect } from 'vue'
import { useEngineState } from '../stores/engine-state.ts'

/** Nothing moves when the setting says so; what the system wishes is heeded by the style sheet itself. */
export function useMotion(): void {
  const state = useEngineState()
  watchEffect(() => (document.documentElement.dataset.motion = state.settings.motion))
}
