import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { ComposeCheck, ComposeDifference, ComposeFile } from '#shared/contract/compose.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { useEngine } from '../../composables/use-engine.ts'

const SETTLE = 300

/** The compose file at a path: its text as it is edited, what is wrong in it, and how it differs from what runs. */
export function useComposeFile(path: () => string, containers: () => readonly ContainerSummary[]) {
  const engine = useEngine()
  const file = shallowRef<ComposeFile>()
  const check = shallowRef<ComposeCheck>({ services: [], problems: [] })
  const differences = shallowRef<readonly ComposeDifference[]>([])
  const [error, refusal] = [shallowRef<unknown>(), shallowRef<unknown>()]
  const text = ref('')
  const members = computed(() => containers().filter(({ compose }) => compose !== undefined && compose.project === file.value?.project))
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))

  async function read() {
    ;[file.value, error.value] = [undefined, undefined]
    if (path() === '') return
    try {
      const answer = await engine.compose.read({ path: path() })
      ;[file.value, check.value, text.value] = [answer, answer, answer.text]
      void compare()
    } catch (reason) {
      error.value = reason
    }
  }
  async function compare() {
    if (!file.value) return
    try {
      ;[differences.value, refusal.value] = [await engine.compose.differences({ file: file.value.path }), undefined]
    } catch (reason) {
      ;[differences.value, refusal.value] = [[], reason]
    }
  }
  async function save() {
    if (!file.value) return
    await engine.compose.save({ path: file.value.path, text: text.value })
    file.value = { ...file.value, text: text.value }
    await compare()
  }
  watch(text, (now) => {
    clearTimeout(timer)
    timer = setTimeout(() => void engine.compose.check({ text: now }).then((answer) => now === text.value && (check.value = answer)).catch(() => undefined), SETTLE)
  })
  watch(path, read, { immediate: true })
  // What runs has changed: compared again once it is still.
  let later: ReturnType<typeof setTimeout> | undefined
  watch(() => members.value.map(({ id }) => id).join(), () => {
    clearTimeout(later)
    later = setTimeout(() => void compare(), 1_000)
  })
  onScopeDispose(() => clearTimeout(later))
  return { file, members, check, text, differences, error, refusal, save, read }
}
