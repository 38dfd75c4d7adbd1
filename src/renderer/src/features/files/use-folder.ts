import { onScopeDispose, shallowRef, watch } from 'vue'
import type { FileListing, FilePlace } from '#shared/contract/files.ts'
import { useEngine } from '../../composables/use-engine.ts'

/** The folder on screen: asked for when it is gone to, and again after a deed of our own or when asked; what is shown stays until the answer. */
export function useFolder(place: () => FilePlace, path: () => string) {
  const engine = useEngine()
  const listing = shallowRef<FileListing>()
  /** Of what `listing` is. */
  const shown = shallowRef<string>()
  const error = shallowRef<unknown>()
  const busy = shallowRef(false)
  let turn = 0
  onScopeDispose(() => turn++)

  async function load(): Promise<void> {
    const mine = ++turn
    const wanted = path()
    busy.value = true
    try {
      const answer = await engine.files.list({ place: place(), path: wanted })
      if (mine === turn) [listing.value, shown.value, error.value] = [answer, wanted, undefined]
    } catch (reason) {
      if (mine === turn) [error.value, listing.value] = [reason, undefined]
    } finally {
      if (mine === turn) busy.value = false
    }
  }
  watch([() => JSON.stringify(place()), path], () => void load(), { immediate: true })
  return { listing, shown, error, busy, load }
}
