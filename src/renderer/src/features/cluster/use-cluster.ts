import { computed, inject, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import type { ClusterContents, ClusterItems, ClusterMessage, ClusterNode, ClusterNoun, ClusterService, ClusterStanding, ClusterTask } from '#shared/contract/cluster.ts'
import { useEngine } from '../../composables/use-engine.ts'
import type { OpenStream } from '../../engine/proxy.ts'
import { useEngineState } from '../../stores/engine-state.ts'

export interface Cluster {
  standing: Readonly<ShallowRef<ClusterStanding | undefined>>
  /** Undefined until the cluster has been read. */
  contents: Readonly<ShallowRef<ClusterContents | undefined>>
  /** Why the managers do not answer; what is shown is as of before. */
  silent: Readonly<Ref<string | undefined>>
  error: Readonly<ShallowRef<unknown>>
  /** It is not known yet what is there. */
  reading: ComputedRef<boolean>
  node: (id: string | undefined) => ClusterNode | undefined
  service: (id: string | undefined) => ClusterService | undefined
  /** Tasks that are to run, by service and by node. */
  tasksOf: ComputedRef<ReadonlyMap<string, readonly ClusterTask[]>>
  tasksOn: ComputedRef<ReadonlyMap<string, readonly ClusterTask[]>>
  open: () => void
}

export const clusterKey: InjectionKey<Cluster> = Symbol('cluster')

/** Of the page around. */
export function useCluster(): Cluster {
  const cluster = inject(clusterKey)
  if (!cluster) throw new Error('No cluster is being looked at.')
  return cluster
}

/** The cluster of the engine that is looked at, live for as long as the scope lives. */
export function useClusterWatch(): Cluster {
  const engine = useEngine()
  const store = useEngineState()
  const standing = shallowRef<ClusterStanding>()
  const contents = shallowRef<ClusterContents>()
  const silent = ref<string>()
  const error = shallowRef<unknown>()
  let stream: OpenStream<'cluster.watch'> | undefined

  function take(message: ClusterMessage) {
    silent.value = message.kind === 'silent' ? message.reason : undefined
    if (message.kind === 'standing') {
      standing.value = message.standing
      contents.value = undefined
    } else if (message.kind === 'contents') contents.value = message.contents
    else if (message.kind === 'changed' && contents.value) contents.value = applied(contents.value, message.noun, message.items, message.gone)
  }
  function open() {
    stream?.close()
    ;[standing.value, contents.value, silent.value, error.value] = [undefined, undefined, undefined, undefined]
    if (store.linked) stream = engine.openStream('cluster.watch', {}, { onMessage: take, onEnd: (reason) => (error.value = reason) })
  }
  watch([() => store.linked, () => store.connectionId], open, { immediate: true })
  onScopeDispose(() => stream?.close())

  const wanted = computed(() => (contents.value?.tasks ?? []).filter((task) => task.wanted))
  return {
    standing,
    contents,
    silent,
    error,
    reading: computed(() => error.value === undefined && (standing.value === undefined || (standing.value.kind === 'manager' && contents.value === undefined))),
    node: (id) => contents.value?.nodes.find((each) => each.id === id),
    service: (id) => contents.value?.services.find((each) => each.id === id),
    tasksOf: computed(() => Map.groupBy(wanted.value, ({ service }) => service as string)),
    tasksOn: computed(() => Map.groupBy(wanted.value.filter(({ node }) => node !== undefined), ({ node }) => node as string)),
    open,
  }
}

/** What changed in the place of what was; what is new comes last. */
export function applied(contents: ClusterContents, noun: ClusterNoun, items: readonly ClusterItems[ClusterNoun][], gone: readonly string[]): ClusterContents {
  const changed = new Map(items.map((item) => [item.id as string, item]))
  const away = new Set(gone)
  const kept = contents[noun].filter(({ id }) => !away.has(id)).map((item) => {
    const next = changed.get(item.id)
    changed.delete(item.id)
    return next ?? item
  })
  return { ...contents, [noun]: [...kept, ...changed.values()] }
}
