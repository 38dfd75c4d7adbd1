import { computed, ref, shallowRef, watch } from 'vue'
import type { RunRequest } from '#shared/contract/containers.ts'
import type { ImageDetail } from '#shared/contract/images.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { findLocal } from '../images/local-image.ts'
import { parseDockerRun, type RunProblem } from './docker-run/docker-run.ts'
import { formOfRequest } from './request-form.ts'
import { emptyForm, withDefaults, withImageVariables } from './run-form.ts'
import { withUsual } from './usual-limits.ts'
import { useFieldProblems } from './use-field-problems.ts'

/** The run form, what the chosen image says, and what is wrong with each field. */
export function useRunForm() {
  const engine = useEngine()
  const store = useEngineState()
  const form = ref(emptyForm())
  const detail = shallowRef<ImageDetail>()
  const error = shallowRef<unknown>()
  /** Ports and mounts were said already, by a template or a pasted line: the image is not to say others. */
  const said = ref(false)
  /** The form was opened with an image whose ports and volumes are still to be read: what stands below them would move. */
  const reading = ref(false)
  const secrets = ref<{ name: string; value: string }[]>([])
  const leftOut = ref<string[]>([])
  const problem = shallowRef<RunProblem>()
  /** Of a pasted line, for which there are no fields. */
  const carried = shallowRef<Pick<RunRequest, 'platform' | 'pull'>>({})

  const local = computed(() => findLocal(store.images.list, form.value.image))
  const fields = useFieldProblems(form, error)

  async function readImage(id: string | undefined) {
    detail.value = undefined
    if (id === undefined) return
    const answer = await engine.images.inspect({ id }).catch(() => undefined)
    if (!answer || local.value?.id !== id) return
    detail.value = answer
    form.value = said.value ? withImageVariables(form.value, answer.defaults) : withDefaults(form.value, answer.defaults, fields.taken.value)
  }
  function reset(image: string) {
    form.value = withUsual(emptyForm(image), store.settings)
    said.value = false
    ;[secrets.value, leftOut.value, problem.value, carried.value] = [[], [], undefined, {}]
    fields.begin()
    error.value = undefined
    reading.value = local.value !== undefined
    void readImage(local.value?.id).finally(() => (reading.value = false))
  }
  function fill(request: RunRequest, passwords: { name: string; value: string }[] = []) {
    reset(request.image)
    form.value = formOfRequest(request)
    said.value = true
    reading.value = false
    secrets.value = passwords
    carried.value = { ...(request.platform && { platform: request.platform }), ...(request.pull && { pull: request.pull }) }
  }
  /** A `docker run` line from elsewhere. What is no such line is told and changes nothing. */
  function fillFromLine(text: string) {
    const parsed = parseDockerRun(text)
    if (parsed.status === 'refused') return void (problem.value = parsed.problem)
    fill(parsed.request)
    leftOut.value = parsed.leftOut
  }
  watch(() => local.value?.id, readImage)
  watch(form, () => (error.value = undefined), { deep: true })
  return { form, detail, error, local, reading, secrets, leftOut, problem, carried, reset, fill, fillFromLine, ...fields }
}
