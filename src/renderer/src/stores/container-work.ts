import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'

export type ContainerVerb = 'start' | 'stop' | 'restart' | 'kill' | 'pause' | 'unpause' | 'remove'

/** What was asked of which container and is not yet answered. */
export const useContainerWork = defineStore('container-work', () => {
  const verbs = shallowReactive(new Map<string, ContainerVerb>())

  async function during<Answer>(ids: readonly string[], verb: ContainerVerb, call: () => Promise<Answer>): Promise<Answer> {
    for (const id of ids) verbs.set(id, verb)
    try {
      return await call()
    } finally {
      for (const id of ids) verbs.delete(id)
    }
  }
  return { verbs, during }
})
