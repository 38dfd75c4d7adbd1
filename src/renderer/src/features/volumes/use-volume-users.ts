import { computed } from 'vue'
import { useEngineState } from '../../stores/engine-state.ts'

/** The names of the containers that mount a volume; told by the containers, so that it lives in one place. */
export function useVolumeUsers(): (name: string) => readonly string[] {
  const store = useEngineState()
  const users = computed(() => {
    const pairs = store.containers.list.flatMap(({ name, mounts }) => mounts.filter(({ kind }) => kind === 'volume').map(({ source }) => ({ source, name })))
    return Map.groupBy(pairs, ({ source }) => source)
  })
  return (name) => users.value.get(name)?.map((pair) => pair.name) ?? []
}
