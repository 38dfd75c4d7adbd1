import { onScopeDispose, shallowRef, watch } from 'vue'
import type { ImageStep, ImageSurvey } from '#shared/contract/images.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'

/** The history of an image and what its layers do to one another. A plain Docker engine must send the whole image for that: there it is asked for. */
export function useSurvey(id: () => string) {
  const engine = useEngine()
  const store = useEngineState()
  const steps = shallowRef<ImageStep[]>()
  const survey = shallowRef<ImageSurvey>()
  const error = shallowRef<unknown>()
  const share = shallowRef<number>()
  let abort = new AbortController()
  onScopeDispose(() => abort.abort())

  const isCheap = () => store.connection?.state.status === 'ready' && store.connection.state.facts.slipway

  async function read() {
    abort.abort()
    const mine = (abort = new AbortController())
    const wanted = id()
    error.value = undefined
    share.value = 0
    try {
      const found = await engine.images.survey({ id: wanted }, { signal: mine.signal, onProgress: (step) => step.kind === 'bytes' && step.total && (share.value = step.current / step.total) })
      if (!mine.signal.aborted) survey.value = found
    } catch (reason) {
      if (!mine.signal.aborted && !isEngineError(reason, 'cancelled')) error.value = reason
    } finally {
      if (mine === abort) share.value = undefined
    }
  }

  watch(id, async (wanted) => {
    steps.value = survey.value = error.value = undefined
    try {
      const found = await engine.images.history({ id: wanted })
      if (wanted === id()) steps.value = found
    } catch (reason) {
      if (wanted === id()) error.value = reason
    }
    if (wanted === id() && isCheap()) void read()
  }, { immediate: true })

  return { steps, survey, error, share, isCheap, read, stop: () => abort.abort() }
}
