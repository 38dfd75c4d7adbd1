import { computed, ref, shallowRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { EditedContainer, EditPhase, EditRequest } from '#shared/contract/edit.ts'
import type { ProgressStep } from '#shared/contract/events.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useWork, type Work } from '../../stores/work.ts'

/** An edit as a piece of work, step by step. It goes on in the status line when the sheet is closed. */
export function useEditWork(error: Ref<unknown>, onDone: (edited: EditedContainer) => void) {
  const engine = useEngine()
  const works = useWork()
  const { t } = useI18n()
  const work = shallowRef<Work>()
  /** Steps so far, the last of them under way. */
  const phases = ref<EditPhase[]>([])

  const note = (step: ProgressStep) => {
    if (step.kind !== 'phase' || step.phase === 'copying' || step.phase === 'verifying') return
    if (phases.value.at(-1) !== step.phase) phases.value = [...phases.value, step.phase]
  }
  async function carryOut(request: EditRequest, name: string) {
    phases.value = []
    error.value = undefined
    let mine: Work | undefined
    const begun = works.begin('edit', name, (options) =>
      engine.containers.edit(request, {
        ...options,
        onProgress(step) {
          if (mine === undefined || work.value === mine) note(step)
          options.onProgress?.(step)
        },
      }))
    work.value = mine = begun.work
    try {
      const edited = await begun.done
      if (work.value === begun.work) onDone(edited)
    } catch (reason) {
      if (work.value !== begun.work) return
      works.dismiss(begun.work)
      error.value = isEngineError(reason, 'cancelled') ? new EngineError('cancelled', t('edit.cancelled')) : reason
    }
  }
  /** The sheet closes or goes back: what is under way is left to the status line. */
  const leave = () => (work.value = undefined)
  return { work, phases, busy: computed(() => work.value?.state.status === 'running'), carryOut, leave }
}
