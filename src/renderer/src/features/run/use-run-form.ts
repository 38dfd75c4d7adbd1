import { computed, ref, shallowRef, watch } from 'vue'
import type { ImageDetail } from '#shared/contract/images.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { findLocal } from '../images/local-image.ts'
import { emptyForm, withDefaults } from './run-form.ts'
import { useFieldProblems } from './use-field-problems.ts'

/** The run form, what the chosen image says, and what is wrong with each field. */
export function useRunForm() {
  const engine = useEngine()
  const store = useEngineState()
  const form = ref(emptyForm())
  const detail = shallowRef<ImageDetail>()
  const error = shallowRef<unknown>()

  const local = computed(() => findLocal(store.images.list, form.value.image))
  const fields = useFieldProblems(form, error)

  async function readImage(id: string | undefined) {
    detail.value = undefined
    if (id === undefined) return
    const answer = await engine.images.inspect({ id }).catch(() => undefined)
    if (!answer || local.value?.id !== id) return
    detail.value = answer
    form.value = withDefaults(form.value, answer.defaults, fields.taken.value)
  }
  function reset(image: string) {
    form.value = emptyForm(image)
    fields.begin()
    error.value = undefined
    void readImage(local.value?.id)
  }
  watch(() => local.value?.id, readImage)
  watch(form, () => (error.value = undefined), { deep: true })
  return { form, detail, error, local, reset, ...fields }
}
