import { defineStore } from 'pinia'
import { ref } from 'vue'

/** A short word at the edge: something done (goes by itself) or refused (stays until read). */
export interface ToastEntry {
  id: number
  tone: 'plain' | 'error'
  title: string
  text?: string
  action?: { label: string; run: () => void }
}

export const useToasts = defineStore('toasts', () => {
  const entries = ref<ToastEntry[]>([])
  let last = 0

  function show(entry: Omit<ToastEntry, 'id'>) {
    const alike = entries.value.find(({ title, text }) => title === entry.title && text === entry.text)
    if (alike) dismiss(alike.id)
    entries.value = [...entries.value, { ...entry, id: ++last }].slice(-4)
  }
  function dismiss(id: number) {
    entries.value = entries.value.filter((entry) => entry.id !== id)
  }
  return { entries, show, dismiss }
})
