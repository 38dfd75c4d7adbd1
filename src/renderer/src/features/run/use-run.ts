import { computed, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork, type Work } from '../../stores/work.ts'
import { toRunRequest } from './run-form.ts'
import type { useRunForm } from './use-run-form.ts'

/** Pulling and running what a run form says. Both go on in the status line when the sheet is closed. */
export function useRun({ form, tried, error, problems, carried }: ReturnType<typeof useRunForm>, onStarted: () => void) {
  const engine = useEngine()
  const works = useWork()
  const toasts = useToasts()
  const router = useRouter()
  const work = shallowRef<Work>()
  const busy = computed(() => work.value?.state.status === 'running')

  /** Waits for work begun here; undefined when it failed, was cancelled, or the sheet has moved on to other work. */
  async function follow<Answer>(begun: { work: Work; done: Promise<Answer> }): Promise<Answer | undefined> {
    const { work: mine, done } = begun
    work.value = mine
    error.value = undefined
    try {
      const answer = await done
      return work.value === mine ? answer : undefined
    } catch (reason) {
      if (work.value !== mine) return undefined
      works.dismiss(mine)
      if (!isEngineError(reason, 'cancelled')) error.value = reason
      return undefined
    } finally {
      if (work.value === mine) work.value = undefined
    }
  }

  /** What was tried last, for trying it again. */
  const again = shallowRef<() => unknown>(() => {})

  function pull() {
    again.value = pull
    const reference = form.value.image.trim()
    return follow(works.begin('pull', reference, (options) => engine.images.pull({ reference }, options)))
  }
  async function run() {
    again.value = run
    tried.value = true
    if (problems.value.size > 0) return
    const request = { ...toRunRequest(form.value), ...carried.value }
    const created = await follow(works.begin('run', request.image, (options) => engine.containers.run(request, options)))
    if (!created) return
    for (const text of created.warnings) toasts.show({ tone: 'plain', title: created.name, text })
    onStarted()
    await router.push(`/containers/${created.id}/logs`)
  }
  /** The sheet closes or begins anew: what runs is left to the status line. */
  const leave = () => (work.value = undefined)
  return { work, busy, pull, run, again: () => again.value(), leave }
}
