import { computed, ref, shallowRef, watch } from 'vue'
import type { HostEntry, HostFolder, PathChoice } from '#shared/contract/app.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { chosen, complete, fitting, joinPath, splitPath } from './path-entry.ts'

/** A path as it is typed or walked to: the folder it is in, what fits, and what Choose would give. */
export function useHostPath(choice: () => PathChoice) {
  const engine = useEngine()
  const text = ref('')
  const listed = shallowRef<HostFolder>()
  const error = shallowRef<unknown>()
  const at = ref(-1)
  let asked = ''

  const split = computed(() => splitPath(text.value))
  const shown = computed(() => (listed.value ? fitting(listed.value.entries, split.value.partial, choice()) : []))
  const choosing = computed(() => (listed.value && !error.value ? chosen(listed.value, split.value.partial, choice()) : undefined))

  async function list(folder: string) {
    asked = folder
    try {
      const answer = await engine.app.listFolder({ path: folder })
      if (asked !== folder) return
      ;[listed.value, error.value] = [answer, undefined]
      // `~` and what is typed without a slash become the path they mean.
      if (!text.value.startsWith('/')) text.value = joinPath(answer.path, split.value.partial)
    } catch (reason) {
      if (asked === folder) [listed.value, error.value] = [undefined, reason]
    }
  }
  watch(() => split.value.folder, (folder) => void list(folder))
  watch(shown, () => (at.value = -1))

  /** Begins where it was suggested, else at home. */
  function begin(suggested: string | undefined) {
    text.value = suggested ?? '~/'
    ;[listed.value, error.value] = [undefined, undefined]
    void list(split.value.folder)
  }
  const enter = ({ name, kind }: HostEntry) => (text.value = joinPath(listed.value?.path ?? '', name) + (kind === 'folder' ? '/' : ''))
  /** To the folder above, with the name of a file to save kept. */
  function up() {
    const parent = listed.value?.parent
    if (parent !== undefined) text.value = joinPath(parent, choice().kind === 'save' ? split.value.partial : '')
  }
  return { text, listed, error, at, shown, choosing, begin, enter, up, complete: () => (text.value = complete(split.value.folder, split.value.partial, shown.value)), move: (step: number) => (at.value = Math.max(-1, Math.min(shown.value.length - 1, at.value + step))) }
}
