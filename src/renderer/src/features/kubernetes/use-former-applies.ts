import { ref, shallowRef, watch, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { ApplyRecordSummary, UndoAnswer } from '#shared/contract/kubernetes-apply.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { errorLine } from '../../composables/use-error-words.ts'
import { useToasts } from '../../stores/toasts.ts'

/** What was applied of the same before, and how it is taken back. */
export function useFormerApplies(subject: ComputedRef<string | undefined>) {
  const { t } = useI18n()
  const engine = useEngine()
  const toasts = useToasts()
  const former = shallowRef<ApplyRecordSummary[]>([])
  const undone = shallowRef<UndoAnswer>()
  const undoing = ref<string>()
  watch(subject, () => ([former.value, undone.value] = [[], undefined]))

  async function readFormer() {
    former.value = (await engine.kubernetes.applies().catch(() => [])).filter((each) => each.subject === subject.value)
  }
  async function undo(id: string): Promise<boolean> {
    undoing.value = id
    try {
      undone.value = await engine.kubernetes.undoApply({ id })
      return true
    } catch (reason) {
      toasts.show({ tone: 'error', title: t('kubernetes.apply.notUndone'), text: errorLine(reason) })
      return false
    } finally {
      undoing.value = undefined
      await readFormer()
    }
  }
  async function keep(id: string) {
    await engine.kubernetes.forgetApply({ id }).catch(() => undefined)
    await readFormer()
  }
  return { former, undone, undoing, readFormer, undo, keep }
}
