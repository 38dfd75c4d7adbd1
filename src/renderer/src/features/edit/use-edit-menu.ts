import { Cable, CircleArrowUp, FolderPlus, SlidersHorizontal } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useMountOffer } from '../drop/use-mount-offer.ts'
import { useOutdated } from './use-outdated.ts'

/** Editing a container, mounting something in it, and joining it to a network, from any page. */
export function useEditMenu() {
  const router = useRouter()
  const offerMount = useMountOffer()
  const { isOutdated, update } = useOutdated()
  const { t } = useI18n()
  const edit = ({ id }: ContainerSummary) => void router.push({ query: { ...router.currentRoute.value.query, edit: id } })
  const editMenu = (container: ContainerSummary): MenuAction[] => {
    const disabled = container.state.status === 'removing'
    return [
      { id: 'edit', label: t('edit.action'), icon: SlidersHorizontal, keys: '@edit', separated: true, disabled, run: () => edit(container) },
      ...(isOutdated(container) ? [{ id: 'update', label: t('edit.update'), icon: CircleArrowUp, disabled, run: () => update(container) }] : []),
      { id: 'mount', label: t('drop.action'), icon: FolderPlus, disabled, run: () => offerMount(container.id) },
      { id: 'connect', label: t('networks.menu.connect'), icon: Cable, disabled, run: () => void router.push({ path: '/networks', query: { connect: container.id } }) },
    ]
  }
  return { edit, editMenu }
}
