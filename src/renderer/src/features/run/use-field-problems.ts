import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { PortListener } from '#shared/contract/ports.ts'
import { EngineError } from '#shared/errors.ts'
import { takenPorts } from '#shared/network/ports.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { errorSentences } from '../../composables/use-error-words.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { problemsOf, type FieldProblem } from './form-problems.ts'
import type { RunForm } from './run-form.ts'

/** What is wrong with each field of a form, as seen from here and as the engine refused. `self` is the container that the form is of: its own ports are not taken. */
export function useFieldProblems(form: Ref<RunForm>, error: Ref<unknown>, self: () => string | undefined = () => undefined) {
  const engine = useEngine()
  const store = useEngineState()
  const { t } = useI18n()
  const tried = ref(false)
  /** Other programs, as of the moment the form was opened or its ports last changed. */
  const listeners = shallowRef<readonly PortListener[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined

  const taken = computed(() => takenPorts(store.containers.list.filter(({ id }) => id !== self()), listeners.value))
  const problems = computed(() => problemsOf(form.value, taken.value))
  /** The field that the engine refused. */
  const refused = computed(() => (error.value instanceof EngineError ? error.value.field : undefined))

  /** Engines that cannot tell leave it to what the containers say. */
  const look = () => void engine.ports.listeners().then((answer) => (listeners.value = answer)).catch(() => undefined)
  function begin() {
    tried.value = false
    look()
  }
  watch(() => form.value.ports.map(({ hostPort }) => hostPort).join(), () => {
    clearTimeout(timer)
    timer = setTimeout(look, 300)
  })

  function words(problem: FieldProblem): string {
    if (problem.key !== 'taken') return t(`run.problems.${problem.key}`)
    return problem.owner === undefined ? t('run.problems.takenByOther') : t('run.problems.taken', { owner: problem.owner })
  }
  /** What to say beside a field: what the engine refused, else what can be seen from here. An empty field is named only once the form was sent. */
  function problemOf(field: string): string | undefined {
    if (refused.value === field && error.value instanceof EngineError) return errorSentences(error.value)
    const problem = problems.value.get(field)
    return problem && (problem.key !== 'required' || tried.value) ? words(problem) : undefined
  }
  /** The free port to offer in place of a taken one. */
  function freeFor(field: string): number | undefined {
    const problem = problems.value.get(field)
    return problem?.key === 'taken' ? problem.free : undefined
  }
  return { tried, problems, refused, taken, problemOf, freeFor, begin }
}
