import { onBeforeUnmount, onMounted } from 'vue'
import { isTyping, matchesKeys } from '../ui/keys.ts'

/** Keys for as long as the component lives. A shortcut without `mod` is left alone while the user types. */
export function useShortcuts(shortcuts: Record<string, (event: KeyboardEvent) => void>): void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return
    for (const [keys, act] of Object.entries(shortcuts)) {
      if (!matchesKeys(event, keys) || (!keys.includes('mod') && isTyping(event.target))) continue
      if (!keys.includes('mod') && document.querySelector('[role=dialog]')) continue
      event.preventDefault()
      act(event)
      return
    }
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}
