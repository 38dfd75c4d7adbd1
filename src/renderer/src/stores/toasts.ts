import { defineStore } from 'pinia'
import { ref } from 'vue'
import { errorLine, errorSentences, hintOf } from '../composables/use-error-words.ts'

/** A short word at the edge: something done (goes by itself) or refused (stays until read). */
export interface ToastEntry {
  id: number
  tone: 'plain' | 'error'
  title: string
  text?: string
  /** What refused it, where there may be a deed that mends it. */
  error?: unknown
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
  /** What was refused: what, why, what to do. Without a title the reason is it. */
  function refused(title: string | undefined, error: unknown) {
    show(title === undefined ? { tone: 'error', title: errorLine(error), text: hintOf(error), error } : { tone: 'error', title, text: errorSentences(error), error })
  }
  function dismiss(id: number) {
    entries.value = entries.value.filter((entry) => entry.id !== id)
  }
  return { entries, show, refused, dismiss }
})
