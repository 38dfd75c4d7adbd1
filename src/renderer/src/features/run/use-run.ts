import { computed, ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { ImageDetail } from '#shared/contract/images.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork, type Work } from '../../stores/work.ts'
import { findLocal } from '../images/local-image.ts'
import { emptyForm, portOwners, problemsOf, toRunRequest, withDefaults, type FieldProblem } from './run-form.ts'

/** The run form, what the image says, and the run itself. Lives as long as the sheet is open; the run goes on without it. */
export function useRun(onStarted: () => void) {
  const engine = useEngine()
  const store = useEngineState()
  const works = useWork()
  const toasts = useToasts()
  const router = useRouter()
  const { t } = useI18n()

  const form = ref(emptyForm())
  const detail = shallowRef<ImageDetail>()
  const work = shallowRef<Work>()
  const error = shallowRef<unknown>()
  const tried = ref(false)

  const local = computed(() => findLocal(store.images.list, form.value.image))
  const owners = computed(() => portOwners(store.containers.list))
  const problems = computed(() => problemsOf(form.value, owners.value))
  const refused = computed(() => (error.value instanceof EngineError ? error.value.field : undefined))
  const busy = computed(() => work.value?.state.status === 'running')

  function words(problem: FieldProblem): string {
    return problem.key === 'taken' ? t('run.problems.taken', { owner: problem.owner, free: problem.free }) : t(`run.problems.${problem.key}`)
  }
  /** What to say beside a field: what the engine refused, else what can be seen from here. An empty field is named only once Run was pressed. */
  function problemOf(field: string): string | undefined {
    if (refused.value === field && error.value instanceof EngineError) return [error.value.message, error.value.hint].filter(Boolean).join(' ')
    const problem = problems.value.get(field)
    return problem && (problem.key !== 'required' || tried.value) ? words(problem) : undefined
  }

  watch(
    () => local.value?.id,
    async (id) => {
      detail.value = undefined
      if (id === undefined) return
      const answer = await engine.images.inspect({ id }).catch(() => undefined)
      if (!answer || local.value?.id !== id) return
      detail.value = answer
      form.value = withDefaults(form.value, answer.defaults, new Set(owners.value.keys()))
    },
  )
  watch(form, () => busy.value || (error.value = undefined), { deep: true })

  async function follow<Answer>(begun: { work: Work; done: Promise<Answer> }): Promise<Answer | undefined> {
    work.value = begun.work
    error.value = undefined
    try {
      return await begun.done
    } catch (reason) {
      works.dismiss(begun.work)
      if (!isEngineError(reason, 'cancelled')) error.value = reason
      return undefined
    } finally {
      work.value = undefined
    }
  }

  const pull = () => {
    const reference = form.value.image.trim()
    return follow(works.begin('pull', reference, (options) => engine.images.pull({ reference }, options)))
  }

  async function run() {
    tried.value = true
    if (problems.value.size > 0) return
    const request = toRunRequest(form.value)
    const created = await follow(works.begin('run', request.image, (options) => engine.containers.run(request, options)))
    if (!created) return
    for (const text of created.warnings) toasts.show({ tone: 'plain', title: created.name, text })
    onStarted()
    await router.push(`/containers/${created.id}/logs`)
  }

  function reset(image: string) {
    form.value = emptyForm(image)
    tried.value = false
    error.value = undefined
    work.value = undefined
  }
  return { form, detail, local, work, busy, error, refused, problemOf, pull, run, reset }
}
