import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import type { SamplesMessage, StatsSample } from '#shared/contract/streams.ts'
import { useEngine } from '../../composables/use-engine.ts'
import type { OpenStream } from '../../engine/proxy.ts'

/** Milliseconds that a container stays in sight before it is measured: scrolling does not start a hundred measurements. */
const STAY = 150

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
  /** In sight when the present wait began. */
  let waiting: ReadonlySet<string> = new Set()

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
  function ask(next: readonly string[]) {
    const isOther = next.join(' ') !== wanted.join(' ')
    wanted = next
    if (wanted.length === 0) {
      stream?.close()
      stream = undefined
    } else if (!stream) stream = engine.openStream('containers.samples', { ids: [...wanted], past }, { onMessage: take, onEnd: () => (stream = undefined) })
    else if (isOther) stream.send({ ids: [...wanted], past })
  }
  /** A wait that has begun goes on, whatever changes meanwhile: what stays would never be measured where others come and go all the time. */
  function wait() {
    if (timer !== undefined) return
    waiting = new Set(ids())
    timer = setTimeout(settle, STAY)
  }
  function settle() {
    timer = undefined
    const stayed = ids().filter((id) => waiting.has(id))
    if (stayed.length < ids().length) wait()
    ask(document.visibilityState === 'hidden' ? [] : stayed.slice(0, 200))
  }
  watch(() => ids().join(' '), wait, { immediate: true })
  document.addEventListener('visibilitychange', wait)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', wait)
    clearTimeout(timer)
    stream?.close()
  })
  return samples
}
