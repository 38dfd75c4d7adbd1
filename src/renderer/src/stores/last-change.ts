import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

interface Change {
  /** What was done, as a menu would say it: "web joined shop". */
  label: string
  undo: () => Promise<unknown>
}

/** The last change made by pointing, so that a slip of the hand is one key from mended. Only the last: what came between may have made older ones senseless. */
export const useLastChange = defineStore('last-change', () => {
  const change = shallowRef<Change>()
  const label = computed(() => change.value?.label)

  const remember = (next: Change) => void (change.value = next)
  /** @throws what the way back threw; it is not offered again. */
  async function undo(): Promise<void> {
    const last = change.value
    change.value = undefined
    await last?.undo()
  }
  return { label, remember, undo }
})
