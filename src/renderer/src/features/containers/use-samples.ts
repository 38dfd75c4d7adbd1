import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import type { SamplesMessage, StatsSample } from '#shared/contract/streams.ts'
import { useEngine } from '../../composables/use-engine.ts'
import type { OpenStream } from '../../engine/proxy.ts'

/** Milliseconds that what is in sight may change before the stream is told: scrolling does not start a hundred measurements. */
const SETTLE = 150

/**
 * What containers use, about once a second, of those in sight only: one stream for all of them, none while there are none or the page is hidden.
 * What was seen before comes from the main process.
 */
export function useSamples(ids: () => readonly string[], past: number): Readonly<ShallowRef<ReadonlyMap<string, readonly StatsSample[]>>> {
  const engine = useEngine()
  const samples = shallowRef<ReadonlyMap<string, readonly StatsSample[]>>(new Map())
  let stream: OpenStream<'containers.samples'> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let wanted: readonly string[] = []

  function take(message: SamplesMessage) {
    const next = new Map<string, readonly StatsSample[]>()
    for (const id of wanted) {
      const known = samples.value.get(id)
      if (known) next.set(id, known)
    }
    for (const { id, samples: more } of message) {
      if (!wanted.includes(id)) continue
      const known = next.get(id) ?? []
      const last = known.at(-1)?.at ?? 0
      next.set(id, [...known, ...more.filter(({ at }) => at > last)].slice(-past))
    }
    samples.value = next
  }
  function settle() {
    wanted = document.visibilityState === 'hidden' ? [] : ids().slice(0, 200)
    if (wanted.length === 0) {
      stream?.close()
      stream = undefined
    } else if (stream) stream.send({ ids: [...wanted], past })
    else stream = engine.openStream('containers.samples', { ids: [...wanted], past }, { onMessage: take, onEnd: () => (stream = undefined) })
  }
  function settleSoon() {
    clearTimeout(timer)
    timer = setTimeout(settle, SETTLE)
  }
  watch(() => ids().join(' '), settleSoon, { immediate: true })
  document.addEventListener('visibilitychange', settleSoon)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', settleSoon)
    clearTimeout(timer)
    stream?.close()
  })
  return samples
}
