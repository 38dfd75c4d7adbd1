import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import App from './app/App.vue'
import { createAppRouter } from './app/router.ts'
import { followTheme } from './composables/theme.ts'
import { engineKey } from './composables/use-engine.ts'
import { findBridge } from './engine/bridge.ts'
import { linkEngine } from './engine/link.ts'
import { createEngineProxy } from './engine/proxy.ts'
import { i18n, resolveLanguage, setLanguage } from './locales/i18n.ts'
import { useEngineState } from './stores/engine-state.ts'
import './ui/base.css'

const setAppearance = followTheme()
setLanguage(resolveLanguage('system'))

// In neither the app's build nor its tests: only `vite` itself and the build that looks.mjs looks at (mode `looks`) have it.
if (import.meta.env.MODE !== 'production' && new URLSearchParams(location.search).has('fake')) {
  const { createFakeBridge } = await import('./engine-fake/fake-bridge.ts')
  window.slipway = createFakeBridge(new URLSearchParams(location.search))
}

const app = createApp(App).use(createPinia()).use(i18n).use(createAppRouter())
const state = useEngineState()
const bridge = findBridge((reachable) => (state.reachable = reachable))
const engine = createEngineProxy(bridge)
app.provide(engineKey, engine)
watch(() => state.settings.appearance, setAppearance)
watch(() => state.settings.language, (language) => setLanguage(resolveLanguage(language)))
linkEngine(bridge, engine, state.link)
app.mount('#app')
