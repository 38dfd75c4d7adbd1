import { shallowRef } from 'vue'
import type { AppFacts } from '#shared/contract/app.ts'
import { useToasts } from '../stores/toasts.ts'
import { useEngine } from './use-engine.ts'

const facts = shallowRef<AppFacts>()
let asked = false

/** What the shell around this page can do. Undefined until it has answered. */
export function useAppFacts() {
  const engine = useEngine()
  if (!asked) {
    asked = true
    engine.app.facts().then((answer) => (facts.value = answer)).catch(() => (asked = false))
  }
  return facts
}

/** Opens a web page in the user's browser. A page in a browser opens a tab itself, without giving it a way back. */
export function useExternal(): (url: string) => void {
  const engine = useEngine()
  const toasts = useToasts()
  const shell = useAppFacts()
  return (url) => {
    if (!/^https?:\/\//.test(url)) return
    if (shell.value?.abilities.openExternal === false) return void window.open(url, '_blank', 'noopener,noreferrer')
    engine.app.openExternal({ url }).catch((error: unknown) => toasts.refused(undefined, error))
  }
}
