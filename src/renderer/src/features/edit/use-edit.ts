import { computed, ref, shallowRef, watch } from 'vue'
import type { MountRequest } from '#shared/contract/containers.ts'
import type { EditableContainer, EditedContainer, EditPlan, EditRequest } from '#shared/contract/edit.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useFieldProblems } from '../run/use-field-problems.ts'
import { emptyForm, mountRow, type RunForm } from '../run/run-form.ts'
import { formOf, settingsOf } from '../run/settings-form.ts'
import { useEditWork } from './use-edit-work.ts'

/** Where an edit is: its form, what it would change, and the change itself. */
export type EditStage = 'form' | 'review' | 'working'

/** One container being edited: read once, planned when asked, carried out as a piece of work that outlives the sheet. */
export function useEdit(onDone: (edited: EditedContainer) => void) {
  const engine = useEngine()
  const store = useEngineState()
  const form = ref<RunForm>(emptyForm())
  const read = shallowRef<EditableContainer>()
  const plan = shallowRef<EditPlan>()
  const stage = ref<EditStage>('form')
  const error = shallowRef<unknown>()
  const planning = ref(false)
  const keepChanges = ref(false)
  const newerImage = ref(false)
  const fields = useFieldProblems(form, error, () => read.value?.id)
  const summary = computed(() => (read.value ? store.containers.find(read.value.id) : undefined))

  const request = computed<EditRequest | undefined>(() => read.value && {
    id: read.value.id, revision: read.value.revision, settings: settingsOf(form.value, read.value.settings), ...(keepChanges.value && { keepChanges: true }), ...(newerImage.value && { newerImage: true }),
  })

  /** `ahead`: what is known already is put in, and the review comes first. */
  async function open(id: string, ahead: { mount?: MountRequest | undefined; newer?: boolean } = {}) {
    const { mount } = ahead
    ;[read.value, plan.value, error.value, stage.value] = [undefined, undefined, undefined, 'form']
    carrying.leave()
    keepChanges.value = newerImage.value = false
    fields.begin()
    try {
      const answer = await engine.containers.editable({ id })
      read.value = answer
      form.value = formOf(answer.settings, answer.imageEnvironment)
      if (mount && mount.kind !== 'tmpfs') form.value.mounts = [...form.value.mounts.filter(({ target }) => target !== mount.target), mountRow({ kind: mount.kind, source: mount.source ?? '', target: mount.target, readOnly: mount.readOnly ?? false })]
      newerImage.value = ahead.newer === true && answer.newerImage
      if (mount || newerImage.value) await review()
    } catch (reason) {
      error.value = reason
    }
  }

  async function review() {
    fields.tried.value = true
    if (!request.value || fields.problems.value.size > 0) return
    planning.value = true
    error.value = undefined
    try {
      plan.value = await engine.containers.planEdit(request.value)
      stage.value = 'review'
    } catch (reason) {
      error.value = reason
    } finally {
      planning.value = false
    }
  }

  const carrying = useEditWork(error, onDone)
  async function apply() {
    if (!request.value || !read.value) return
    stage.value = 'working'
    await carrying.carryOut(request.value, read.value.settings.name)
  }

  // Ticking an answer changes what there is to review.
  watch([keepChanges, newerImage], () => stage.value === 'review' && void review())
  function back() {
    stage.value = 'form'
    carrying.leave()
  }
  return { form, read, summary, plan, stage, error, planning, keepChanges, newerImage, fields, open, review, apply, back, ...carrying }
}
