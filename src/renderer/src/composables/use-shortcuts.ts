import { onBeforeUnmount, onMounted } from 'vue'
import { isTyping, matchesKeys, resolveKeys } from '../ui/keys.ts'

type Shortcuts = Record<string, (event: KeyboardEvent) => void>

/** Who listens, the newest last: what opened later (a pane over its list) is asked first. */
const listeners: Shortcuts[] = []

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented) return
  for (const shortcuts of listeners.toReversed()) {
    const keys = Object.keys(shortcuts).find((each) => matchesKeys(event, each) && mayAct(each, event))
    if (keys === undefined) continue
    event.preventDefault()
    shortcuts[keys]?.(event)
    return
  }
}

/** Without `mod` a key is left to whoever types, and to an open dialog. */
const mayAct = (keys: string, event: KeyboardEvent) => resolveKeys(keys).includes('mod') || (!isTyping(event.target) && !document.querySelector('[role=dialog]'))

/** Keys for as long as the component lives. */
export function useShortcuts(shortcuts: Shortcuts): void {
  onMounted(() => {
    if (listeners.length === 0) window.addEventListener('keydown', onKey)
    listeners.push(shortcuts)
  })
  onBeforeUnmount(() => {
    listeners.splice(listeners.indexOf(shortcuts), 1)
    if (listeners.length === 0) window.removeEventListener('keydown', onKey)
  })
}
