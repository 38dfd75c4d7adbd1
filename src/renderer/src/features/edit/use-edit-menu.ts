import { Cable, CircleArrowUp, FolderPlus, SlidersHorizontal } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { usePathPicker } from '../../composables/use-path-picker.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useMountOffer } from '../drop/use-mount-offer.ts'
import { useOutdated } from './use-outdated.ts'

/** Editing a container, mounting something in it, and joining it to a network, from any page. */
export function useEditMenu() {
  const router = useRouter()
  const engine = useEngine()
  const store = useEngineState()
  const choosePath = usePathPicker()
  const offerMount = useMountOffer()
  const { isOutdated, update } = useOutdated()
  const { t } = useI18n()
  const edit = ({ id }: ContainerSummary) => void router.push({ query: { ...router.currentRoute.value.query, edit: id } })
  /** With the folder dialog at once where a desktop has one; a page asks in the offer, where it can be typed. */
  async function mount({ id, name }: ContainerSummary) {
    const { abilities } = await engine.app.facts()
    if (!abilities.choosePath || store.elsewhere) return offerMount(id)
    const path = await choosePath({ kind: 'folder', title: t('drop.title', { name }) })
    if (path) offerMount(id, [], path)
  }
  const editMenu = (container: ContainerSummary): MenuAction[] => {
    const disabled = container.state.status === 'removing'
    return [
      { id: 'edit', label: t('edit.action'), icon: SlidersHorizontal, keys: '@edit', separated: true, disabled, run: () => edit(container) },
      ...(isOutdated(container) ? [{ id: 'update', label: t('edit.update'), icon: CircleArrowUp, disabled, run: () => update(container) }] : []),
      { id: 'mount', label: t('drop.action'), icon: FolderPlus, disabled, run: () => void mount(container) },
      { id: 'connect', label: t('networks.menu.connect'), icon: Cable, disabled, run: () => void router.push({ path: '/networks', query: { connect: container.id } }) },
    ]
  }
  return { edit, editMenu }
}
