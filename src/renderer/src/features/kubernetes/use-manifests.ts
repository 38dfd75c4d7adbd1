import { shallowRef, watch } from 'vue'
import type { Manifests, ManifestSource } from '#shared/contract/kubernetes.ts'
import { useEngine } from '../../composables/use-engine.ts'

/** What is written of a source, anew when there is another. */
export function useManifests(source: () => ManifestSource | undefined) {
  const engine = useEngine()
  const manifests = shallowRef<Manifests>()
  const error = shallowRef<unknown>()
  let turn = 0
  async function read() {
    const mine = ++turn
    const wanted = source()
    // What closes keeps what it shows until it is gone.
    if (!wanted) return
    ;[manifests.value, error.value] = [undefined, undefined]
    try {
      const answer = await engine.kubernetes.manifests({ source: wanted })
      if (mine === turn) manifests.value = answer
    } catch (reason) {
      if (mine === turn) error.value = reason
    }
  }
  // What it is of is the same while its containers are: they change their states meanwhile.
  watch(() => JSON.stringify(source()), () => void read(), { immediate: true })
  return { manifests, error, read }
}
