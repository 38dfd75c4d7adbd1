import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { PathChoice } from '#shared/contract/app.ts'

/** The path that the page's own dialog asks for, where the shell has none (see composables/use-path-picker.ts). */
export const usePathQuestions = defineStore('path-questions', () => {
  const open = shallowRef<{ choice: PathChoice; settle: (path: string | undefined) => void }>()

  function ask(choice: PathChoice): Promise<string | undefined> {
    open.value?.settle(undefined)
    return new Promise((resolve) => {
      open.value = {
        choice,
        settle(path) {
          open.value = undefined
          resolve(path)
        },
      }
    })
  }
  return { open, ask }
})
