import { computed, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { useDropTarget, type Dropped } from '../../composables/use-drop-target.ts'
import { usePathPicker } from '../../composables/use-path-picker.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useToasts } from '../../stores/toasts.ts'
import { containerUnder } from './container-under.ts'
import { useMountOffer } from './use-mount-offer.ts'
import { useOpenPath } from './use-open-path.ts'

/**
 * What is dropped from the file manager, on any page: over a container it is offered to be mounted there; elsewhere it is opened by what it is, a Dockerfile by
 * Build, an archive by Images, a compose file by Compose. A place that takes files itself (a file browser) is asked first.
 */
export function useWindowDrop() {
  const store = useEngineState()
  const toasts = useToasts()
  const choosePath = usePathPicker()
  const offer = useMountOffer()
  const open = useOpenPath()
  const { t } = useI18n()
  const under = shallowRef<{ id: string; name: string; box: DOMRect }>()

  const find = (event: DragEvent) => containerUnder(event.target, store.containers.list.map(({ id }) => id))
  async function take(first: Dropped) {
    try {
      // A browser tells only the name: where it lies is asked for.
      const path = first.path ?? (await choosePath({ kind: first.kind, title: t('drop.where', { name: first.name }) }))
      if (path) await open(path)
    } catch (error) {
      toasts.refused(undefined, error)
    }
  }

  const { over, on } = useDropTarget(
    (dropped, event) => {
      const [first] = dropped
      const container = find(event)
      if (container && first && store.elsewhere) toasts.show({ tone: 'plain', title: t('drop.elsewhere', { name: store.elsewhere }), text: t('drop.elsewhereText') })
      else if (container && first) offer(container.id, dropped)
      else if (first) void take(first)
    },
    (event) => {
      const found = find(event)
      if (found?.id !== under.value?.id) under.value = found && { id: found.id, name: store.containers.find(found.id)?.name ?? '', box: found.element.getBoundingClientRect() }
      return true
    },
  )
  return { on, over, hovered: computed(() => (over.value ? under.value : undefined)) }
}
