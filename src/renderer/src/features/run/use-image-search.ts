import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import type { ImageSearchResult } from '#shared/contract/images.ts'
import { DEFAULT_REGISTRY } from '#shared/oci/reference.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { searchPlaces } from './search-places.ts'

/** Milliseconds the hand rests before anybody is asked. */
const PAUSE = 300

export interface FoundImage extends ImageSearchResult {
  registry: string
}

/** Images at registries for what is typed: all of them side by side, each shown as soon as it answers. */
export function useImageSearch(typed: () => string): { found: Readonly<ShallowRef<readonly FoundImage[]>>; silent: Readonly<ShallowRef<readonly string[]>> } {
  const engine = useEngine()
  const found = shallowRef<readonly FoundImage[]>([])
  /** Registries that gave no answer. */
  const silent = shallowRef<readonly string[]>([])
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  async function search(term: string) {
    asking = new AbortController()
    const { signal } = asking
    const registries = await engine.registries.list({}, { signal }).catch(() => undefined)
    const places = searchPlaces(term, registries)
    const answers = new Map<string, readonly FoundImage[]>()
    const failed: string[] = []
    await Promise.all(
      places.map(async ({ registry, term: asked }) => {
        try {
          const results = await engine.images.search({ term: asked, limit: 15 }, { signal })
          answers.set(registry, results.map((result) => ({ ...result, registry })))
        } catch {
          failed.push(registry)
        }
        if (signal.aborted) return
        found.value = places.flatMap((place) => answers.get(place.registry) ?? [])
        silent.value = failed
      }),
    )
  }
  watch(typed, (text) => {
    clearTimeout(timer)
    asking?.abort()
    silent.value = []
    const term = text.trim()
    if (/^[a-z0-9][a-z0-9.:_/-]+$/.test(term) && !/:[^/]*$/.test(term)) timer = setTimeout(() => void search(term), PAUSE)
    else found.value = []
  })
  onScopeDispose(() => {
    clearTimeout(timer)
    asking?.abort()
  })
  return { found, silent }
}

/** As a user would say it. */
export const registryName = (registry: string): string => (registry === DEFAULT_REGISTRY ? 'Docker Hub' : registry)
