import { shallowRef, watch, type ShallowRef } from 'vue'
import { canStop, type ContainerSummary } from '#shared/contract/containers.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { isSameValue } from '../../stores/same-value.ts'
import type { StateLook } from '../../ui/state-look.ts'
import { useContainerWords } from '../containers/container-words.ts'

type Who = Pick<ContainerSummary, 'name' | 'networks' | 'ports'>
interface How {
  look: StateLook
  word: string
  runs: boolean
}
/** What a card says of its container: who it is, and how it does. Apart, since the second changes a hundred times while the first does not. */
export interface CardFace {
  readonly who: Readonly<ShallowRef<Who>>
  readonly how: Readonly<ShallowRef<How>>
}

/**
 * The faces of all cards, looked at together: hundreds of containers may be told anew in one frame, and a card hears of it only where it has something
 * else to say.
 */
export function useCardFaces(): (id: string) => CardFace {
  const store = useEngineState()
  const words = useContainerWords()
  const faces = new Map<string, { who: ShallowRef<Who>; how: ShallowRef<How> }>()
  function faceOf(id: string) {
    const face = faces.get(id) ?? { who: shallowRef<Who>({ name: '', networks: [], ports: [] }), how: shallowRef<How>({ look: 'created', word: '', runs: false }) }
    faces.set(id, face)
    return face
  }
  const said = () => store.containers.list.map((container) => ({ container, how: { ...words(container), runs: canStop(container.state) } }))
  watch(said, (all) => {
    for (const { container: { id, name, networks, ports }, how } of all) {
      const face = faceOf(id)
      replace(face.who, { name, networks, ports })
      replace(face.how, how)
    }
    if (faces.size > all.length) forgetAllBut(new Set(all.map(({ container }) => container.id)))
  }, { immediate: true })
  function forgetAllBut(ids: ReadonlySet<string>) {
    for (const id of faces.keys()) if (!ids.has(id)) faces.delete(id)
  }
  return faceOf
}

function replace<Value>(shown: ShallowRef<Value>, next: Value): void {
  if (!isSameValue(shown.value, next)) shown.value = next
}
