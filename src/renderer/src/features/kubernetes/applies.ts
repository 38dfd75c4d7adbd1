import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { ApplyAnswer, ApplyRequest } from '#shared/contract/kubernetes-apply.ts'
import type { EngineProxy } from '../../engine/proxy.ts'
import { useWork, type Work } from '../../stores/work.ts'

/** An apply under way, or as it ended. */
export interface Apply {
  request: ApplyRequest
  work: Work
  answer?: ApplyAnswer
  error?: unknown
}

/** The last apply of each thing: it goes on while other pages are looked at. */
export const useApplies = defineStore('applies', () => {
  const works = useWork()
  const applies = shallowReactive(new Map<string, Apply>())

  async function begin(engine: EngineProxy, request: ApplyRequest): Promise<ApplyAnswer | undefined> {
    const { subject } = request
    const { work, done } = works.begin('apply', subject.replace(/^\w+:/, ''), (options) => engine.kubernetes.apply(request, options))
    applies.set(subject, { request, work })
    try {
      const answer = await done
      applies.set(subject, { request, work, answer })
      return answer
    } catch (error) {
      applies.set(subject, { request, work, error })
      // It is told where it was begun.
      works.dismiss(work)
      return undefined
    }
  }
  const forget = (subject: string) => void applies.delete(subject)
  return { applies, begin, forget }
})
