import { computed, ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { EngineError } from '#shared/errors.ts'
import type { ImageDetail } from '#shared/contract/images.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { findLocal } from '../images/local-image.ts'
import { emptyForm, portOwners, problemsOf, withDefaults, type FieldProblem } from './run-form.ts'

/** The run form, what the chosen image says, and what is wrong with each field. */
export function useRunForm() {
  const engine = useEngine()
  const store = useEngineState()
  const { t } = useI18n()
  const form = ref(emptyForm())
  const detail = shallowRef<ImageDetail>()
  const error = shallowRef<unknown>()
  const tried = ref(false)

  const local = computed(() => findLocal(store.images.list, form.value.image))
  const owners = computed(() => portOwners(store.containers.list))
  const problems = computed(() => problemsOf(form.value, owners.value))
  /** The field that the engine refused. */
  const refused = computed(() => (error.value instanceof EngineError ? error.value.field : undefined))

  function words(problem: FieldProblem): string {
    return problem.key === 'taken' ? t('run.problems.taken', { owner: problem.owner }) : t(`run.problems.${problem.key}`)
  }
  /** What to say beside a field: what the engine refused, else what can be seen from here. An empty field is named only once Run was pressed. */
  function problemOf(field: string): string | undefined {
    if (refused.value === field && error.value instanceof EngineError) return [error.value.message, error.value.hint].filter(Boolean).join(' ')
    const problem = problems.value.get(field)
    return problem && (problem.key !== 'required' || tried.value) ? words(problem) : undefined
  }
  /** The free port to offer in place of a taken one. */
  function freeFor(field: string): number | undefined {
    const problem = problems.value.get(field)
    return problem?.key === 'taken' ? problem.free : undefined
  }
  async function readImage(id: string | undefined) {
    detail.value = undefined
    if (id === undefined) return
    const answer = await engine.images.inspect({ id }).catch(() => undefined)
    if (!answer || local.value?.id !== id) return
    detail.value = answer
    form.value = withDefaults(form.value, answer.defaults, new Set(owners.value.keys()))
  }
  function reset(image: string) {
    form.value = emptyForm(image)
    tried.value = false
    error.value = undefined
    void readImage(local.value?.id)
  }
  watch(() => local.value?.id, readImage)
  watch(form, () => (error.value = undefined), { deep: true })
  return { form, detail, error, tried, local, problems, refused, problemOf, freeFor, reset }
}
