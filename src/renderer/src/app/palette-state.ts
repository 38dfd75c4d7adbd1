import { defineStore } from 'pinia'
import { ref } from 'vue'

/** Whether the command palette is open; several places open it. */
export const usePaletteState = defineStore('palette', () => {
  const open = ref(false)
  return { open, show: () => (open.value = true) }
})
