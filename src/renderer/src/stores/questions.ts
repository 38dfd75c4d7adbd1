import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

/** A deed that cannot be undone, asked about before: what is lost is named. */
export interface Question {
  title: string
  text?: string
  /** Names of what goes. */
  lost?: readonly string[]
  /** The deed as a button: "Remove 3 containers". */
  confirm: string
  /** The deed cannot be done; the text says why. */
  blocked?: boolean
  /** A choice that belongs to the deed. */
  option?: { label: string; value: boolean }
}
export interface Answer {
  option: boolean
}

export const useQuestions = defineStore('questions', () => {
  const open = shallowRef<{ question: Question; settle: (answer: Answer | undefined) => void }>()

  /** Undefined when the user thought better of it. */
  function ask(question: Question): Promise<Answer | undefined> {
    open.value?.settle(undefined)
    return new Promise((resolve) => {
      open.value = {
        question,
        settle(answer) {
          open.value = undefined
          resolve(answer)
        },
      }
    })
  }
  return { open, ask }
})
