import { defineStore } from 'pinia'
import { shallowRef } from 'vue'

/** What is dragged from a list, to be let go on another engine. */
export interface Carried {
  kind: 'image' | 'volume'
  /** Of the engine. */
  id: string
  name: string
}

export const useCarried = defineStore('carried', () => {
  const thing = shallowRef<Carried>()
  return { thing }
})
