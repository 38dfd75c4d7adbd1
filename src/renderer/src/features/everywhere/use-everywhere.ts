import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { useEngine } from '../../composables/use-engine.ts'
import { takeMessage, type Held } from './everywhere-rows.ts'

/** What all connected engines hold, while somebody looks; shown anew at most once a frame. Undefined until the first word. */
export function useEverywhere(): Readonly<ShallowRef<{ held: Held } | undefined>> {
  const engine = useEngine()
  const held: Held = new Map()
  const shown = shallowRef<{ held: Held }>()
  let due = false

  function show() {
    due = false
    shown.value = { held }
  }
  const stream = engine.openStream('connections.items', {}, {
    onMessage(messages) {
      for (const message of messages) takeMessage(held, message)
      if (due) return
      due = true
      requestAnimationFrame(show)
    },
  })
  onScopeDispose(() => stream.close())
  return shown
}
